// E12 a pause through the whole engine: yielded at a checkpoint, gone on as the same execution, nothing written twice.
import path from 'node:path'
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { pauseExecution } from '../../src/store/pauses.ts'
import { buildApp, type TestApp } from '../support/build-app.ts'
import type { Teardown } from '../support/database.ts'
import { CALLER, endedJob, submitJsl, whenJob } from '../support/jobs.ts'
import { ledgerOf, makeLedger } from '../support/ledger.ts'
import { until } from '../support/until.ts'

const APPLICATIONS = path.join(import.meta.dirname, '../support/applications')

const numbers = (items: number) => `<chunk item-count="5"><reader ref="Numbers"><properties>
  <property name="items" value="${items}"/><property name="millis" value="5"/></properties></reader>
  <writer ref="ledgerWriter"/></chunk>`
const partition = (count: number) => `<partition><plan partitions="${count}" threads="2"/></partition>`

async function withLedger(t: Teardown): Promise<TestApp> {
  const app = await buildApp(t, { BATCH_APPS_DIR: APPLICATIONS, BATCH_THREADS: '4' })
  await makeLedger(app.database.db)
  return app
}

async function paused({ database }: TestApp, executionId: number): Promise<void> {
  await until('it waits for the end of the pause', async () => {
    const units = await rows<{ waits_for: string | null }>(
      database.db,
      'select waits_for from unit where execution_id = :executionId',
      { executionId }
    )
    return units.length === 1 && units[0]!.waits_for === 'pause'
  })
}

for (const [what, elements, items] of [
  ['a chunk step', `<step id="s">${numbers(200)}</step>`, 200],
  [
    'a partitioned step, with partitions that have not begun',
    `<step id="s">${numbers(40)}${partition(6)}</step>`,
    240
  ],
  [
    'a split with partitions in a flow',
    `<split id="x"><flow id="l"><step id="a">${numbers(40)}${partition(3)}</step></flow>
      <flow id="r"><step id="b"><batchlet ref="noop"/></step></flow></split>`,
    120
  ]
] as const)
  t.test(`E12 ${what} pauses at a checkpoint and goes on as the same execution`, async t => {
    const app = await withLedger(t)
    const { operator, database } = app
    const id = await submitJsl(operator, 'ledger', elements)
    const { executionId } = await whenJob(operator, id, 'STARTED')
    await until('something is written', async () => (await ledgerOf(database.db, id)).rows > 0)
    for (let round = 0; round < 2; round++) {
      t.equal(await operator.pauseExecution(executionId, CALLER), 'pausing')
      await paused(app, executionId)
      const before = await ledgerOf(database.db, id)
      t.match(await operator.jobInstance(id, CALLER), {
        instanceState: 'DISPATCHED',
        batchStatus: 'STARTING'
      })
      t.equal(await operator.pauseExecution(executionId, CALLER), 'paused')
      t.same(await ledgerOf(database.db, id), before)
      t.ok(before.rows < items, String(before.rows))
      await operator.unpauseExecution(executionId, CALLER)
      await until('it writes again', async () => (await ledgerOf(database.db, id)).rows > before.rows)
    }
    t.match(await endedJob(operator, id), { executionId, batchStatus: 'COMPLETED', reason: null })
    const { rows: written, distinct } = await ledgerOf(database.db, id)
    t.same([written, distinct], [items, items])
  })

t.test('E12 a batchlet does not yield: it is waited for, and the step after it waits', async t => {
  const app = await withLedger(t)
  const pause = `<batchlet ref="pause"><properties><property name="millis" value="1000"/></properties></batchlet>`
  const id = await submitJsl(
    app.operator,
    'ledger',
    `<step id="a" next="b">${pause}</step><step id="b">${pause}</step>`
  )
  const { executionId } = await whenJob(app.operator, id, 'STARTED')
  await until(
    'the first step began',
    async () => (await rows(app.database.db, 'select from step_execution')).length > 0
  )
  t.equal(await app.operator.pauseExecution(executionId, CALLER), 'pausing')
  await paused(app, executionId)
  t.match(await app.operator.jobExecution(executionId, CALLER), {
    steps: [{ stepName: 'a', batchStatus: 'COMPLETED' }]
  })
  await app.operator.unpauseExecution(executionId, CALLER)
  t.match(await endedJob(app.operator, id), {
    batchStatus: 'COMPLETED',
    steps: [{ stepName: 'a' }, { stepName: 'b', batchStatus: 'COMPLETED' }]
  })
})

t.test('E6 a pause that was only written is delivered by the renewal', async t => {
  const app = await withLedger(t)
  const id = await submitJsl(app.operator, 'ledger', `<step id="s">${numbers(2000)}</step>`)
  const { executionId } = await whenJob(app.operator, id, 'STARTED')
  await rows(app.database.db, 'update unit set pause_requested = true')
  await app.tick()
  await paused(app, executionId)
  await app.operator.stopExecution(executionId, CALLER)
  t.match(await app.operator.jobExecution(executionId, CALLER), { batchStatus: 'STOPPED' }, 'E11 at once')
})

t.test('E12 a pause written by another server is delivered by its notification', async t => {
  const app = await withLedger(t)
  const id = await submitJsl(app.operator, 'ledger', `<step id="s">${numbers(2000)}</step>`)
  const { executionId } = await whenJob(app.operator, id, 'STARTED')
  await pauseExecution(app.database.db, executionId, 'tester')
  await paused(app, executionId)
  await app.operator.stopExecution(executionId, CALLER)
  t.match(await endedJob(app.operator, id), { batchStatus: 'STOPPED' })
})

t.test('what has ended is not paused, and what is not paused has no pause to end', async t => {
  const { operator } = await withLedger(t)
  const id = await submitJsl(operator, 'ledger', '<step id="s"><batchlet ref="noop"/></step>')
  const { executionId } = await endedJob(operator, id)
  await t.rejects(operator.pauseExecution(executionId, CALLER), { code: 'JobExecutionNotRunning' })
  await t.rejects(operator.unpauseExecution(executionId, CALLER), { code: 'JobExecutionNotPaused' })
  await t.rejects(operator.pauseExecution(executionId + 1000, CALLER), { code: 'NoSuchJobExecution' })
})
