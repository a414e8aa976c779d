// E12 a split that is entered again after an interruption: flows that had ended stand as they ended, and the others go on.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { CALLER, endedJob, submitJsl, whenJob } from '../support/jobs.ts'
import { ledgerOf, makeLedger } from '../support/ledger.ts'
import { until } from '../support/until.ts'

const app = await buildApp(t, {
  BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
  BATCH_THREADS: '6'
})
const { operator } = app
const { db } = app.database
await makeLedger(db)

const noop = (id: string, more = '') => `<step id="${id}"${more}><batchlet ref="noop"/></step>`
const numbers = (id: string) =>
  `<step id="${id}"><chunk item-count="5"><reader ref="Numbers"><properties><property name="items" value="300"/>
  <property name="millis" value="5"/></properties></reader><writer ref="ledgerWriter"/></chunk></step>`
const decision = (id: string, trace: string, fails = '') =>
  `<decision id="${id}" ref="countedDecider"><properties><property name="trace" value="${trace}"/>
  <property name="fails" value="${fails}"/></properties><next on="1" to="${id}-once"/><next on="*" to="${id}-more"/></decision>
  ${noop(`${id}-once`)}${noop(`${id}-more`)}`
const flow = (id: string, elements: string) => `<flow id="${id}">${elements}</flow>`

const flowsOf = async (executionId: number) =>
  Object.fromEntries(
    (
      await rows<{ flow: string; batch_status: string }>(
        db,
        'select flow, batch_status from flow where execution_id = :executionId',
        { executionId }
      )
    ).map(row => [row.flow, row.batch_status])
  )
const stepsOf = async (executionId: number) =>
  (
    await rows<{ step_name: string }>(
      db,
      'select step_name from step_execution where execution_id = :executionId order by step_name',
      { executionId }
    )
  ).map(row => row.step_name)

/** Pauses it in the middle of its chunks, once these flows have ended, and lets it go on. */
async function interrupt(
  instanceId: number,
  executionId: number,
  ended: Readonly<Record<string, string>>
): Promise<void> {
  await until('those have ended, and the others are in the middle', async () => {
    const flows = await flowsOf(executionId)
    const stand = Object.entries(ended).every(([name, batchStatus]) => flows[name] === batchStatus)
    return stand && (await ledgerOf(db, instanceId)).rows > 0
  })
  await operator.pauseExecution(executionId, CALLER)
  await until(
    'it waits',
    async () =>
      (
        await rows(db, `select from unit where waits_for = 'pause' and execution_id = :executionId`, {
          executionId
        })
      ).length === 1
  )
}

t.test('what had ended is neither run nor decided again, nor forgotten', async t => {
  const [fine, broken] = ['fine', 'broken'].map(name => path.join(app.directory, name)) as [string, string]
  const inner = `<split id="inside">${flow('quick', noop('q', ' allow-start-if-complete="true"'))}${flow('slow', numbers('s'))}</split>`
  const elements = `<split id="x">${flow('fine', noop('a', ' next="d"') + decision('d', fine))}
    ${flow('broken', noop('b', ' next="e"') + decision('e', broken, 'first'))}${flow('outer', inner)}</split>`
  const id = await submitJsl(operator, 'ledger', elements)
  const { executionId } = await whenJob(operator, id, 'STARTED')
  const ended = { fine: 'COMPLETED', broken: 'FAILED', quick: 'COMPLETED' }
  await interrupt(id, executionId, ended)
  t.same(await flowsOf(executionId), { ...ended, outer: 'STARTING', slow: 'STARTING' })
  await operator.unpauseExecution(executionId, CALLER)
  t.match(await endedJob(operator, id), { executionId, batchStatus: 'FAILED' })
  t.same(await flowsOf(executionId), { ...ended, outer: 'COMPLETED', slow: 'COMPLETED' })
  t.same(await stepsOf(executionId), ['a', 'b', 'd-once', 'q', 's'])
  t.equal(readFileSync(fine, 'utf8'), 'x')
  t.equal(readFileSync(broken, 'utf8'), 'x')
  t.match(await ledgerOf(db, id), { rows: 300, distinct: 300 })

  t.test('a restart enters all of them', async t => {
    await operator.restart(
      { target: { kind: 'execution', executionId }, jobParameters: {}, reusePreviousParams: true },
      CALLER
    )
    const again = await endedJob(operator, id)
    t.match(again, { batchStatus: 'COMPLETED' })
    t.not(again.executionId, executionId)
    const all = {
      fine: 'COMPLETED',
      broken: 'COMPLETED',
      outer: 'COMPLETED',
      quick: 'COMPLETED',
      slow: 'COMPLETED'
    }
    t.same(await flowsOf(again.executionId), all)
    t.same(await stepsOf(again.executionId), ['d-more', 'e-more', 'q'])
    t.equal(readFileSync(broken, 'utf8'), 'xx')
    t.match(await ledgerOf(db, id), { rows: 300, distinct: 300 })
  })
})

t.test('a flow that had ended the job ends it, with its exit status and where a restart begins', async t => {
  const elements = `<split id="x">${flow('ends', `<step id="a"><batchlet ref="noop"/><stop on="*" exit-status="EARLY" restart="after"/></step>`)}
    ${flow('slow', numbers('s'))}</split>${noop('after')}`
  const id = await submitJsl(operator, 'ledger', elements)
  const { executionId } = await whenJob(operator, id, 'STARTED')
  await interrupt(id, executionId, { ends: 'STOPPED' })
  await operator.unpauseExecution(executionId, CALLER)
  t.match(await endedJob(operator, id), { executionId, batchStatus: 'STOPPED', exitStatus: 'EARLY' })
  t.same(await flowsOf(executionId), { ends: 'STOPPED', slow: 'COMPLETED' })
  await operator.restart(
    { target: { kind: 'execution', executionId }, jobParameters: {}, reusePreviousParams: true },
    CALLER
  )
  const again = await endedJob(operator, id)
  t.match(again, { batchStatus: 'COMPLETED' })
  t.same(await stepsOf(again.executionId), ['after'])
})

t.test('JSR-352 §8.9.3 a split is entered once in an execution: a loop to it fails the job', async t => {
  const elements = `<split id="x" next="back">${flow('f', noop('a'))}</split><step id="back"><batchlet ref="noop"/><next on="C*" to="x"/></step>`
  const id = await submitJsl(operator, 'ledger', elements)
  const { executionId, reason } = await endedJob(operator, id)
  t.match(reason, /x was transitioned to a second time/)
  t.same(await stepsOf(executionId), ['a', 'back'])
})
