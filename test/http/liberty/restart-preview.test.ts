// `dryRun=true` on a whole server: for each shape of job what it foretold is compared with what the restart then did.
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { ARTIFACTS, FAILS, gate, numbers, previewedJobs } from './previewed-jobs.ts'

const apps = t.testdir({ Shapes: { 'artifacts.js': ARTIFACTS, 'batch-jobs': {} } })
const app = await buildApp(t, { BATCH_APPS_DIR: apps })
const { ran, compared } = previewedJobs(app)

const byName = (foretold: { readonly steps: readonly { stepName: string; will: string }[] }) =>
  Object.fromEntries(foretold.steps.map(({ stepName, will }) => [stepName, will]))

t.test(
  'a chunk step that failed is resumed from its last checkpoint, and what is COMPLETED is skipped',
  async t => {
    const id = await ran(
      gate('a', 'next="b"') + numbers('b').replace('<step', '<step next="c"') + gate('c'),
      { b: '27' }
    )
    const { foretold, execution } = await compared(t, id)
    t.match(foretold, {
      restartable: true,
      reason: null,
      steps: [
        { stepName: 'a', will: 'skip', from: null, partitions: [], certain: true, why: 'it is COMPLETED' },
        {
          stepName: 'b',
          will: 'resume',
          from: { chunkNumber: 2, itemsRead: 20, readerCheckpoint: /at: 20/ },
          why: 'it is FAILED'
        },
        { stepName: 'c', will: 'run', from: null, why: null }
      ],
      definition: { changed: false, note: null }
    })
    t.equal(execution.batchStatus, 'COMPLETED')
  }
)

t.test('a chunk that failed before its first commit, and a batchlet, are run again', async t => {
  const early = await ran(numbers('a'), { a: '3' })
  t.same(byName((await compared(t, early)).foretold), { a: 'run' })
  const batchlet = await ran(gate('a'), { a: FAILS })
  const { foretold } = await compared(t, batchlet, { a: FAILS })
  t.same(byName(foretold), { a: 'run' })
})

t.test('of a partitioned step half done, partitions are skipped, resumed or run', async t => {
  const plan = `<partition><plan partitions="3">
    <properties partition="1"><property name="fail" value="#{jobParameters['one']}"/></properties>
    <properties partition="2"><property name="fail" value="#{jobParameters['two']}"/></properties></plan></partition>`
  const id = await ran(numbers('s', plan, "#{partitionPlan['fail']}"), { one: '15', two: '4' })
  const { foretold } = await compared(t, id, { two: '25' })
  t.match(foretold.steps, [
    {
      will: 'resume',
      from: null,
      partitions: [
        { partitionNumber: 0, will: 'skip', from: null },
        {
          partitionNumber: 1,
          will: 'resume',
          from: { chunkNumber: 1, itemsRead: 10, readerCheckpoint: /at: 10/ }
        },
        { partitionNumber: 2, will: 'run', from: null }
      ]
    }
  ])
  const again = await compared(t, id)
  t.match(
    again.foretold.steps[0]!.partitions.map(({ will }) => will),
    ['skip', 'skip', 'resume'],
    'also the next time'
  )
  t.match(again.foretold.steps[0]!.partitions[2]!.from, { chunkNumber: 2, itemsRead: 20 })
})

t.test('partitions of a mapper are those of before, and it is said that it may discard them', async t => {
  const mapped = '<partition><mapper ref="mapper"/></partition>'
  const id = await ran(numbers('s', mapped, "#{jobParameters['s']}"), { s: '25' })
  const { foretold } = await compared(t, id)
  t.match(foretold.steps, [
    { will: 'resume', partitions: [{ will: 'resume' }, { will: 'resume' }], why: /mapper/ }
  ])
})

t.test('allow-start-if-complete runs a step again, from its beginning', async t => {
  const again = numbers('a').replace('<step', '<step allow-start-if-complete="true" next="b"')
  const { foretold } = await compared(t, await ran(again + gate('b'), { b: FAILS }))
  t.match(foretold.steps, [
    { stepName: 'a', will: 'run', from: null, why: /allow-start-if-complete/ },
    { stepName: 'b', will: 'run' }
  ])
})

t.test('a start-limit that is reached is told: the restart is taken, and ends FAILED there', async t => {
  const id = await ran(gate('a', 'start-limit="2" next="b"') + gate('b'), { a: FAILS })
  t.equal((await compared(t, id, { a: FAILS })).foretold.reason, null)
  const { foretold, execution } = await compared(t, id)
  t.match(foretold, {
    restartable: true,
    reason: 'it would end FAILED: step a was started 2 times and its start-limit is 2',
    steps: [{ stepName: 'a', will: 'skip', why: /start-limit is 2/ }]
  })
  t.equal(foretold.steps.length, 1, 'nothing comes after it')
  t.equal(execution.batchStatus, 'FAILED')
})

t.test('what cannot be restarted says why, as the restart does', async t => {
  const never = await ran(gate('a'), { a: FAILS }, 'restartable="false"')
  t.match((await compared(t, never)).foretold, { restartable: false, reason: /restartable="false"/ })
  const done = await ran(gate('a'))
  t.match((await compared(t, done)).foretold, { restartable: false, reason: /COMPLETED/ })
  const typed = await ran(numbers('a').replace('"10"', `"#{jobParameters['n']}"`), { n: '10', a: '3' })
  t.match((await compared(t, typed, { n: 'many' })).foretold, { restartable: false, reason: /item-count/ })
  t.match((await compared(t, typed, { n: '5' })).foretold, { restartable: true })
})

t.test('flows and splits: in each the same rules, and what comes after them', async t => {
  const flow = (id: string, elements: string, attributes = '') =>
    `<flow id="${id}" ${attributes}>${elements}</flow>`
  const elements = `<split id="p" next="f">${flow('f1', gate('a', 'next="b"') + gate('b'))}${flow('f2', numbers('c'))}</split>
    ${flow('f', gate('d', 'next="e"') + gate('e'), 'next="g"')}${gate('g')}`
  const id = await ran(elements, { b: FAILS, c: '15', e: FAILS })
  const { foretold } = await compared(t, id, { e: FAILS })
  t.same(byName(foretold), { a: 'skip', b: 'run', c: 'resume', d: 'run', e: 'run', g: 'run' })
  t.ok(foretold.steps.every(({ certain }) => certain))
  const again = await compared(t, id)
  t.same(byName(again.foretold), { a: 'skip', b: 'skip', c: 'skip', d: 'skip', e: 'run', g: 'run' })
})

t.test('transitions: of what is skipped the exit status is known, of what runs it is not', async t => {
  const branch = '<next on="LEFT" to="left"/><next on="RIGHT" to="right"/>'
  const elements =
    gate('a', '', branch, 'LEFT') + gate('left', 'next="end"') + gate('right', 'next="end"') + gate('end')
  const { foretold } = await compared(t, await ran(elements, { left: FAILS }))
  t.same(byName(foretold), { a: 'skip', left: 'run', end: 'run' }, 'right is not come to')
  const first = await compared(t, await ran(elements, { a: FAILS }))
  t.same(byName(first.foretold), { a: 'run', left: 'run', right: 'run', end: 'run' })
  t.same(
    first.foretold.steps.map(({ stepName, certain }) => `${stepName} ${certain}`),
    ['a true', 'left false', 'right false', 'end false']
  )
})

t.test('what a decision will say is not known; a job that ends before is told no further', async t => {
  const decision = `<decision id="d" ref="chooser"><properties><property name="to" value="x"/></properties>
    <next on="x" to="x"/><end on="*"/></decision>`
  const elements = gate('a', 'next="d"') + decision + gate('x')
  const { foretold } = await compared(t, await ran(elements, { x: FAILS }))
  t.match(foretold.steps, [
    { stepName: 'a', will: 'skip', certain: true },
    { stepName: 'x', certain: false }
  ])
  const ending = gate('a', 'next="b"') + gate('b', '', '<end on="COMPLETED"/>') + gate('c')
  t.same(byName((await compared(t, await ran(ending, { b: FAILS }))).foretold), { a: 'skip', b: 'run' })
})

t.test('a stop element says where the restart begins', async t => {
  const elements = (restart: string) =>
    gate('a', '', `<stop on="*" restart="${restart}"/>`) + gate('b', 'next="c"') + gate('c')
  const { foretold } = await compared(t, await ran(elements('b')))
  t.same(byName(foretold), { b: 'run', c: 'run' })
})
