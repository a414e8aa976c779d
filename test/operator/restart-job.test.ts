// Restarts: of many at once exactly one wins, and each refusal says why.
import t from 'tap'
import { BatchError } from '../../src/batch/batch-error.ts'
import { rows } from '../../src/store/database.ts'
import { until } from '../support/until.ts'
import { buildApp } from '../support/build-app.ts'
import { CALLER, endedJob, submitJsl, whenJob } from '../support/jobs.ts'

const { operator, database } = await buildApp(t)

const failing = '<step id="s"><batchlet ref="failingBatchlet"/></step>'
/** Each restart of it takes so long that none of the eight comes after the end of another's. */
const slowlyFailing = `<step id="first" next="s" allow-start-if-complete="true"><batchlet ref="sleepyBatchlet"><properties>
  <property name="sleep.time.seconds" value="#{jobParameters['seconds']}?:0;"/></properties></batchlet></step>${failing}`
const SLOWLY = { seconds: '2' }
const quick = '<step id="s"><batchlet ref="noopBatchlet"/></step>'

const restart = (instanceId: number, jobParameters = {}) =>
  operator.restart(
    { target: { kind: 'instance', instanceId }, jobParameters, reusePreviousParams: false },
    CALLER
  )

const restartExecution = (executionId: number, jobParameters = {}) =>
  operator.restart(
    { target: { kind: 'execution', executionId }, jobParameters, reusePreviousParams: false },
    CALLER
  )

t.test('E2 of eight restarts at once exactly one wins, the others are refused and leave no row', async t => {
  for (let round = 0; round < 5; round++) {
    const id = await submitJsl(operator, 'SimpleBatchJob', slowlyFailing)
    const { executionId } = await endedJob(operator, id)
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) =>
        at % 2 === 0 ? restart(id, SLOWLY) : restartExecution(executionId, SLOWLY)
      )
    )
    t.equal(answers.filter(answer => answer.status === 'fulfilled').length, 1)
    for (const answer of answers)
      if (answer.status === 'rejected') {
        t.type(answer.reason, BatchError)
        t.match((answer.reason as BatchError).code, /^(JobRestart|JobExecutionNotMostRecent)$/)
      }
    await endedJob(operator, id)
    const executions = await operator.jobExecutions(id, CALLER)
    t.same(
      executions.map(execution => execution.executionNumber),
      [1, 0]
    )
    t.equal((await operator.jobInstance(id, CALLER)).executions, 2)
  }
})

t.test(
  'E2 who asked for an execution that was the newest then is told that another restart came first',
  async t => {
    const id = await submitJsl(operator, 'SimpleBatchJob', failing)
    const { executionId } = await endedJob(operator, id)
    const lock = await database.db.transaction()
    await rows(lock, 'select 1 from job_instance where instance_id = :id for update', { id })
    const both = Promise.allSettled([restartExecution(executionId), restartExecution(executionId)])
    await until('both wait for the instance', async () => {
      const waiting = await rows(
        database.db,
        `select distinct pid from pg_locks where not granted and pid in (
        select pid from pg_stat_activity where datname = current_database())`
      )
      return waiting.length >= 2
    })
    await lock.commit()
    const [lost] = (await both).flatMap(answer =>
      answer.status === 'rejected' ? [answer.reason as BatchError] : []
    )
    t.match(lost, { code: 'JobRestart', message: /another restart came first/ })
    await endedJob(operator, id)
  }
)

t.test('a job that runs, or is COMPLETED, is not restarted', async t => {
  const sleeper = await submitJsl(
    operator,
    'SimpleBatchJob',
    '<step id="s"><batchlet ref="sleepyBatchlet"/></step>',
    { 'sleep.time.seconds': '300' }
  )
  await whenJob(operator, sleeper, 'STARTED')
  await t.rejects(restart(sleeper), { code: 'JobRestart' })
  // STOPPING before its thread is told: told, it ends within a millisecond, and may rightly be restarted then.
  await rows(database.db, `update unit set status = 'STOPPING' where instance_id = :sleeper`, { sleeper })
  await rows(database.db, `update job_execution set batch_status = 'STOPPING' where instance_id = :sleeper`, {
    sleeper
  })
  await t.rejects(restart(sleeper), { code: 'JobRestart' }, 'nor while it stops')
  await operator.stopInstance(sleeper, CALLER)
  await endedJob(operator, sleeper)
  const completed = await submitJsl(operator, 'SimpleBatchJob', quick)
  await endedJob(operator, completed)
  await t.rejects(restart(completed), { code: 'JobExecutionAlreadyComplete' })
  await t.rejects(restart(987_654_321), { code: 'NoSuchJobInstance' })
  await t.rejects(restartExecution(987_654_321), { code: 'NoSuchJobExecution' })
})

t.test('a restart of an execution that is not the newest is refused', async t => {
  const id = await submitJsl(operator, 'SimpleBatchJob', failing)
  const { executionId } = await endedJob(operator, id)
  await restart(id)
  await endedJob(operator, id)
  await t.rejects(restartExecution(executionId), { code: 'JobExecutionNotMostRecent' })
})

t.test('a restart whose parameters make the JSL invalid leaves no execution', async t => {
  const id = await submitJsl(
    operator,
    'SimpleBatchJob',
    `<step id="s" start-limit="#{jobParameters['limit']}?:1;"><batchlet ref="failingBatchlet"/></step>`
  )
  await endedJob(operator, id)
  await t.rejects(restart(id, { limit: 'many' }), { code: 'JslInvalid' })
  t.equal((await operator.jobExecutions(id, CALLER)).length, 1)
  t.match(await operator.jobInstance(id, CALLER), { instanceState: 'FAILED', executions: 1 })
})

t.test('a job stopped before it began can be restarted and runs', async t => {
  const id = await submitJsl(operator, 'SimpleBatchJob', quick, {
    com_ibm_ws_batch_message_deliveryDelay: '3600000'
  })
  t.match(await rows(database.db, 'select status from unit where instance_id = :id', { id }), [
    { status: 'WAITING' }
  ])
  t.match(await operator.stopInstance(id, CALLER), { batchStatus: 'STOPPED' })
  await restart(id)
  t.match(await endedJob(operator, id), { batchStatus: 'COMPLETED' })
})
