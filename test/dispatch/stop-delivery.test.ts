// A stop reaches what runs even when its notification is lost.
import { existsSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { adminCaller } from '../../src/operator/caller.ts'
import { rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { endedJob, submitJsl, whenJob } from '../support/jobs.ts'
import { until } from '../support/until.ts'

const APPLICATIONS = path.join(import.meta.dirname, '../support/applications')

const sleepy = `<batchlet ref="sleepyBatchlet"><properties><property name="sleep.time.seconds" value="300"/></properties></batchlet>`

t.test('E6 a stop that was only written is delivered by the renewal', async t => {
  const { operator, database, tick } = await buildApp(t)
  const partitions = '<partition><plan partitions="2"/></partition>'
  const ids = [
    await submitJsl(operator, 'SimpleBatchJob', `<step id="s">${sleepy}</step>`),
    await submitJsl(operator, 'SimpleBatchJob', `<step id="s">${sleepy}${partitions}</step>`)
  ]
  for (const id of ids) await whenJob(operator, id, 'STARTED')
  const started = () => rows(database.db, `select from unit where status = 'STARTED'`)
  await until('four units began', async () => (await started()).length >= 4)
  for (const table of [
    'unit set status',
    'job_execution set batch_status',
    'step_execution set batch_status'
  ])
    await rows(database.db, `update ${table} = 'STOPPING'`)
  await tick()
  for (const id of ids)
    t.match(await endedJob(operator, id), {
      batchStatus: 'STOPPED',
      steps: [{ exitStatus: /STOPPED|stopRequested=true/ }]
    })
})

t.test('E6 a unit that belongs to somebody else is ended without a trace of its own', async t => {
  const { operator, database, tick } = await buildApp(t)
  const id = await submitJsl(operator, 'SimpleBatchJob', `<step id="s">${sleepy}</step>`)
  const { executionId } = await whenJob(operator, id, 'STARTED')
  await until(
    'the step began',
    async () => (await rows(database.db, `select from step_execution`)).length > 0
  )
  await rows(database.db, `update unit set epoch = epoch + 1, incarnation = null`)
  await tick()
  const next = await submitJsl(
    operator,
    'SimpleBatchJob',
    '<step id="s"><batchlet ref="noopBatchlet"/></step>'
  )
  t.match(await endedJob(operator, next), { batchStatus: 'COMPLETED' }, 'its thread is free again')
  t.match(await operator.jobExecution(executionId, adminCaller('x')), {
    batchStatus: 'STARTED',
    endTime: null
  })
  t.match(await rows(database.db, 'select status from unit'), [{ status: 'STARTED' }])
})

for (const job of ['deaf', 'busy'])
  t.test(
    `E11 a ${job} batchlet that ignores a stop is ended with its thread, STOPPED with the reason`,
    async t => {
      const { operator, directory } = await buildApp(t, {
        BATCH_APPS_DIR: APPLICATIONS,
        BATCH_STOP_GRACE_SECONDS: '1'
      })
      const begun = path.join(directory, 'begun')
      const properties = `<properties><property name="begun" value="${begun}"/></properties>`
      const id = await submitJsl(
        operator,
        'stubborn',
        `<step id="s"><batchlet ref="${job}">${properties}</batchlet></step>`
      )
      const { executionId } = await whenJob(operator, id, 'STARTED')
      await until('the batchlet began', () => existsSync(begun))
      await operator.stopExecution(executionId, adminCaller('x'))
      t.match(await endedJob(operator, id), {
        batchStatus: 'STOPPED',
        reason: /did not react to the stop within 1 s/,
        steps: [{ batchStatus: 'STOPPED' }]
      })
    }
  )

t.test('E11 a stop in the very moment a job begins ends it STOPPED, never COMPLETED', async t => {
  const { operator } = await buildApp(t)
  for (let round = 0; round < 30; round++) {
    const id = await submitJsl(operator, 'SimpleBatchJob', `<step id="s">${sleepy}</step>`)
    // At differing moments of its way from the claim to its first step.
    if (round % 3 > 0)
      for (let turn = 0; turn < round; turn++) await operator.jobInstance(id, adminCaller('x'))
    const [execution] = await operator.jobExecutions(id, adminCaller('x'))
    await operator.stopExecution(execution!.executionId, adminCaller('x'))
    t.equal((await endedJob(operator, id)).batchStatus, 'STOPPED')
  }
})
