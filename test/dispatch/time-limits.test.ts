// Time limits through the whole engine: warned, then STOPPING, then ended by force; what ends in time is left alone.
import { existsSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { JobOperator } from '../../src/operator/job-operator.ts'
import { rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { CALLER, endedJob, submitJsl, whenJob } from '../support/jobs.ts'
import { until } from '../support/until.ts'

const APPLICATIONS = path.join(import.meta.dirname, '../support/applications')

const limit = (seconds: number, warning?: number) =>
  `<properties><property name="batchyard.timeLimitSeconds" value="${seconds}"/>${
    warning === undefined ? '' : `<property name="batchyard.timeWarningSeconds" value="${warning}"/>`
  }</properties>`
const sleepy = `<batchlet ref="sleepyBatchlet"><properties><property name="sleep.time.seconds" value="300"/></properties></batchlet>`
const numbers = (items: number, millis: number) => `<chunk item-count="1"><reader ref="Numbers"><properties>
  <property name="items" value="${items}"/><property name="millis" value="${millis}"/></properties></reader>
  <writer ref="silentWriter"/></chunk>`
const ofStep = 'step s took longer than its time limit of 1 s'

async function logOf(operator: JobOperator, executionId: number): Promise<string> {
  let text = ''
  for await (const piece of await operator.jobLogText(executionId, null, CALLER)) text += String(piece)
  return text
}

t.test('in one server', async t => {
  const { operator } = await buildApp(t)

  t.test('a batchlet that sleeps longer than its step may ends FAILED, warned first', async t => {
    const id = await submitJsl(operator, 'SimpleBatchJob', `<step id="s">${limit(2, 1)}${sleepy}</step>`)
    const reason = 'step s took longer than its time limit of 2 s'
    const execution = await endedJob(operator, id)
    t.match(execution, {
      batchStatus: 'FAILED',
      exitStatus: 'FAILED',
      reason,
      steps: [{ batchStatus: 'FAILED' }]
    })
    const [step] = await operator.stepExecutions(execution.executionId, null, CALLER)
    t.equal(step?.message, reason)
    t.match(await operator.jobInstance(id, CALLER), { instanceState: 'FAILED' })
    const log = await logOf(operator, execution.executionId)
    const [warned, stopped, woken] = [
      'step s has been at work for 1 s; after 2 s it is stopped.',
      `The job is stopped: ${reason}.`,
      'sleepyBatchlet: a stop was requested'
    ].map(line => log.indexOf(line))
    t.ok(warned! > 0 && stopped! > warned! && woken! > 0, log)
    t.match(log, /FAILED/)
  })

  t.test('a job has a limit of its own, which counts over its steps', async t => {
    const elements = `${limit(2)}<step id="a" next="s"><batchlet ref="simpleBatchlet"/></step><step id="s">${sleepy}</step>`
    t.match(await endedJob(operator, await submitJsl(operator, 'SimpleBatchJob', elements)), {
      batchStatus: 'FAILED',
      reason: 'the job took longer than its time limit of 2 s',
      steps: [{ batchStatus: 'COMPLETED' }, { batchStatus: 'FAILED' }]
    })
  })

  t.test('what ends in time is COMPLETED, and a step after it is not charged with its limit', async t => {
    const quick = '<batchlet ref="simpleBatchlet"/>'
    const slow = `<batchlet ref="sleepyBatchlet"><properties><property name="sleep.time.seconds" value="2"/></properties></batchlet>`
    const elements = `${limit(60)}<step id="s" next="t">${limit(1)}${quick}</step><step id="t">${slow}</step>`
    const execution = await endedJob(operator, await submitJsl(operator, 'SimpleBatchJob', elements))
    t.match(execution, { batchStatus: 'COMPLETED', reason: null })
    t.notMatch(await logOf(operator, execution.executionId), /has been at work/)
  })

  t.test('the limit of a partitioned step stops all of its partitions', async t => {
    const elements = `<step id="s">${limit(1)}${sleepy}<partition><plan partitions="3"/></partition></step>`
    const execution = await endedJob(operator, await submitJsl(operator, 'SimpleBatchJob', elements))
    t.match(execution, { batchStatus: 'FAILED', reason: ofStep })
    const [step] = await operator.stepExecutions(execution.executionId, null, CALLER)
    t.ok(step!.partitions.length > 0)
    for (const { batchStatus } of step!.partitions) t.equal(batchStatus === 'COMPLETED', false)
    t.ok(step!.partitions.some(({ batchStatus }) => batchStatus === 'FAILED'))
  })

  t.test('the limit of a step in a flow stops the job, and the flow beside it', async t => {
    const elements = `<split id="both"><flow id="left"><step id="s">${limit(1)}${sleepy}</step></flow>
      <flow id="right"><step id="r">${sleepy}</step></flow></split>`
    t.match(await endedJob(operator, await submitJsl(operator, 'SimpleBatchJob', elements)), {
      batchStatus: 'FAILED',
      reason: ofStep,
      steps: [{ batchStatus: 'FAILED' }, { batchStatus: 'FAILED' }]
    })
  })

  t.test('a restart has the whole limit again', async t => {
    const seconds = `<property name="sleep.time.seconds" value="#{jobParameters['seconds']}"/>`
    const batchlet = `<batchlet ref="sleepyBatchlet"><properties>${seconds}</properties></batchlet>`
    const id = await submitJsl(operator, 'SimpleBatchJob', `<step id="s">${limit(2)}${batchlet}</step>`, {
      seconds: '300'
    })
    t.match(await endedJob(operator, id), { batchStatus: 'FAILED' })
    const target = { kind: 'instance', instanceId: id } as const
    await operator.restart({ target, jobParameters: { seconds: '1' }, reusePreviousParams: true }, CALLER)
    t.match(await endedJob(operator, id), { batchStatus: 'COMPLETED', executionNumber: 1, reason: null })
  })

  t.test('a limit that makes no sense is refused at submit, with its place', async t => {
    const submit = () => submitJsl(operator, 'SimpleBatchJob', `<step id="s">\n${limit(0)}${sleepy}</step>`)
    await t.rejects(submit(), { code: 'JslInvalid', details: { problems: [{ line: 2 }] } })
  })
})

t.test('a chunk step is stopped after the chunk it is in, and goes on from there', async t => {
  const { operator } = await buildApp(t, { BATCH_APPS_DIR: APPLICATIONS })
  const step = `<step id="s">${limit(1)}${numbers(1000, 20)}</step>`
  const id = await submitJsl(operator, 'ledger', step)
  const execution = await endedJob(operator, id)
  t.match(execution, { batchStatus: 'FAILED', reason: ofStep })
  const [failed] = await operator.stepExecutions(execution.executionId, null, CALLER)
  const { COMMIT_COUNT } = failed!.metrics
  t.ok(COMMIT_COUNT > 0 && COMMIT_COUNT < 1000, String(COMMIT_COUNT))
  t.match(await logOf(operator, execution.executionId), new RegExp(`written ${COMMIT_COUNT} to`))
})

for (const job of ['deaf', 'busy'])
  t.test(
    `E11 a ${job} batchlet over its limit is ended with its thread, FAILED with both reasons`,
    async t => {
      const { operator, directory } = await buildApp(t, {
        BATCH_APPS_DIR: APPLICATIONS,
        BATCH_STOP_GRACE_SECONDS: '1'
      })
      const begun = path.join(directory, 'begun')
      const batchlet = `<batchlet ref="${job}"><properties><property name="begun" value="${begun}"/></properties></batchlet>`
      const id = await submitJsl(operator, 'stubborn', `<step id="s">${limit(1)}${batchlet}</step>`)
      t.match(await endedJob(operator, id), {
        batchStatus: 'FAILED',
        reason: `${ofStep}; it did not react to the stop within 1 s, and its thread was ended`,
        steps: [{ batchStatus: 'FAILED' }]
      })
      t.ok(existsSync(begun))
    }
  )

t.test(
  'E12 an execution that was interrupted is over its limit by its first start, not its last',
  async t => {
    const { operator, database } = await buildApp(t, { BATCH_RECOVERY: 'resume' })
    const id = await submitJsl(operator, 'SimpleBatchJob', `${limit(3600)}<step id="s">${sleepy}</step>`)
    const { executionId } = await whenJob(operator, id, 'STARTED')
    await until(
      'the step began',
      async () => (await rows(database.db, 'select from step_execution')).length > 0
    )
    await rows(database.db, `update job_execution set start_time = start_time - interval '2 hours'`)
    // As a recovery leaves it, its thread being lost: it is begun anew by the same server.
    await rows(
      database.db,
      `update unit set status = 'READY', epoch = epoch + 1, incarnation = null, resumed = true`
    )
    await rows(database.db, `update job_execution set batch_status = 'STARTING'`)
    t.match(await endedJob(operator, id), {
      executionId,
      batchStatus: 'FAILED',
      reason: 'the job took longer than its time limit of 3600 s'
    })
  }
)
