// Flows and splits within each other: where a flow of a split goes, what it is matched by, and how deep an end reaches.
import t from 'tap'
import { type Artifacts, type RanJob, runJob } from '../run-job.ts'

const artifacts: Artifacts = {
  says: ({ properties }) => ({ process: () => properties['says'] }),
  fails: () => ({ process: () => Promise.reject(new Error('on purpose')) }),
  decides: ({ properties }) => ({ decide: () => properties['says'] ?? null })
}
const batchlet = (says: string) =>
  says === 'fails'
    ? '<batchlet ref="fails"/>'
    : `<batchlet ref="says"><properties><property name="says" value="${says}"/></properties></batchlet>`
const step = (id: string, says = '', more = '', attributes = '') =>
  `<step id="${id}" ${attributes}>${batchlet(says)}${more}</step>`
const flow = (id: string, content: string, attributes = '') =>
  `<flow id="${id}" ${attributes}>${content}</flow>`
const split = (id: string, flows: string, attributes = '') =>
  `<split id="${id}" ${attributes}>${flows}</split>`
const decision = (id: string, says: string, more: string) =>
  `<decision id="${id}" ref="decides"><properties><property name="says" value="${says}"/></properties>${more}</decision>`
const names = (job: RanJob) => job.steps.map(({ stepName }) => stepName).toSorted()

t.test('the end, fail and stop elements of a flow in a split end the job', async t => {
  for (const [element, batchStatus] of [
    ['end', 'COMPLETED'],
    ['fail', 'FAILED'],
    ['stop', 'STOPPED']
  ] as const) {
    const inner = flow('f', `${step('a', 'DONE')}<${element} on="D*" exit-status="BY FLOW"/>`)
    const jsl = split('s', inner + flow('g', step('b')), 'next="after"') + step('after')
    t.match(await runJob({ jsl, artifacts }), { batchStatus, exitStatus: 'BY FLOW' }, element)
  }
  const unmatched = flow('f', `${step('a', 'OTHER')}<fail on="D*"/>`)
  const jsl = split('s', unmatched, 'next="after"') + step('after')
  const job = await runJob({ jsl, artifacts })
  t.equal(job.batchStatus, 'COMPLETED')
  t.same(names(job), ['a', 'after'])
})

t.test('a flow that ends with a split is matched as COMPLETED', async t => {
  const jsl =
    flow('f', `${split('s', flow('g', step('a', 'X')))}<next on="COMPLETED" to="after"/><fail on="*"/>`) +
    step('after')
  t.same(names(await runJob({ jsl, artifacts })), ['a', 'after'])
})

t.test('a flow is matched by what its last element ended with, a decision too', async t => {
  const jsl =
    flow(
      'f',
      `${step('a', 'A', '', 'next="d"')}${decision('d', 'B', '<next on="never" to="a"/>')}<next on="B" to="after"/><fail on="*"/>`
    ) + step('after')
  t.match(await runJob({ jsl, artifacts }), { batchStatus: 'COMPLETED', exitStatus: 'B' })
})

t.test('a failed step in a flow that goes on by a transition leaves the job COMPLETED', async t => {
  const jsl = flow('f', step('a', 'fails', '<next on="FAILED" to="b"/>') + step('b'), 'next="c"') + step('c')
  const job = await runJob({ jsl, artifacts })
  t.equal(job.batchStatus, 'COMPLETED')
  t.same(names(job), ['a', 'b', 'c'])
})

t.test('a failure in a flow is not handled by the transitions of the flow', async t => {
  const jsl = flow('f', `${step('a', 'fails')}<next on="*" to="after"/>`) + step('after')
  const job = await runJob({ jsl, artifacts })
  t.equal(job.batchStatus, 'FAILED')
  t.same(names(job), ['a'])
})

t.test(
  'an end deep inside splits and flows ends the job, and the flows beside it come to theirs',
  async t => {
    const deepest = split('s2', flow('g', step('a', '', '<stop on="*" exit-status="DEEP" restart="s"/>')))
    const inner = flow('f', flow('f2', deepest, 'next="never"') + step('never'))
    const jsl =
      split('s', inner + flow('h', step('b', '', '', 'next="c"') + step('c')), 'next="z"') + step('z')
    const job = await runJob({ jsl, artifacts })
    t.match(job, { batchStatus: 'STOPPED', exitStatus: 'DEEP', restartOn: 's' })
    t.same(names(job), ['a', 'b', 'c'])
  }
)

t.test('a decision after a split chooses where the job goes on', async t => {
  const jsl =
    split('s', flow('f', step('a')) + flow('g', step('b')), 'next="d"') +
    decision('d', 'RIGHT', '<next on="LEFT" to="l"/><next on="RI??T" to="r"/>') +
    step('l') +
    step('r')
  const job = await runJob({ jsl, artifacts })
  t.same(names(job), ['a', 'b', 'r'])
  t.equal(job.exitStatus, 'RIGHT')
})

t.test('a restart passes completed steps over inside flows of a split, and runs the others', async t => {
  const jsl = (says: string) =>
    split(
      's',
      flow('f', step('a', '', '', 'next="b"') + step('b', says)) + flow('g', step('c')),
      'next="z"'
    ) + step('z')
  const first = await runJob({ jsl: jsl('fails'), artifacts })
  t.match(first, { batchStatus: 'FAILED' })
  t.same(names(first), ['a', 'b', 'c'])
  const second = await runJob({ jsl: jsl(''), artifacts, from: first.next })
  t.match(second, { batchStatus: 'COMPLETED' })
  t.same(names(second), ['b', 'z'])
})

t.test('the log tells of flows and of the flows of splits, and one of those reads like a job', async t => {
  const jsl =
    split(
      's',
      flow('f', step('a')) + flow('g', step('b', 'fails', '<next on="*" to="c"/>') + step('c')),
      'next="h"'
    ) + flow('h', step('d'))
  const { instance } = await runJob({ jsl, artifacts })
  const ids = (name: string) =>
    instance.log.flatMap(line => new RegExp(`(CWWKY\\d+.): (?:Flow|Job) ${name} `).exec(line)?.[1] ?? [])
  // Once by the execution and once by the flow's own log.
  t.same(ids('f').toSorted(), ['CWWKY0015I', 'CWWKY0015I', 'CWWKY0016I', 'CWWKY0016I'])
  t.same(ids('h'), ['CWWKY0015I'])
  t.equal(ids('job').filter(id => id === 'CWWKY0009I').length, 3)
  t.equal(ids('job').filter(id => id === 'CWWKY0010I').length, 3)
})
