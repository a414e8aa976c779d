// What each use case leaves in the audit: one row with what it tells of, and nothing where it was refused.
import t from 'tap'
import { appendAudit } from '../../src/store/audit.ts'
import { rows } from '../../src/store/database.ts'
import { takeAbandonedPurges, markPurges } from '../../src/store/purges.ts'
import { stopExecution } from '../../src/store/stops.ts'
import { buildApp } from '../support/build-app.ts'
import { CALLER, endedJob, submitJsl, whenJob } from '../support/jobs.ts'
import { adminCaller } from '../../src/operator/caller.ts'

const app = await buildApp(t, { BATCH_THREADS: '2' })
const { operator, database } = app
const { db } = database
const BOB = adminCaller('bob')
const NOBODY = { user: 'nobody', roles: [], groups: [] }
const FAILING = '<step id="s"><batchlet ref="failingBatchlet"/></step>'
const SLEEPING =
  '<step id="s"><batchlet ref="sleepyBatchlet"><properties><property name="sleep.time.seconds" value="300"/></properties></batchlet></step>'

interface Row {
  readonly who: string
  readonly what: string
  readonly target: string
  readonly reason: string | null
  readonly before: Record<string, unknown> | null
  readonly after: Record<string, unknown> | null
}

let seen = 0
/** Rows since the last look. */
async function newRows(): Promise<Row[]> {
  const found = await rows<Row & { auditId: number }>(
    db,
    `select audit_id as "auditId", who, what, target, reason, before, after from audit where audit_id > :seen order by audit_id`,
    { seen }
  )
  seen = found.at(-1)?.auditId ?? seen
  return found
}

async function failed(parameters: Readonly<Record<string, string>> = {}) {
  const execution = await endedJob(operator, await submitJsl(operator, 'SimpleBatchJob', FAILING, parameters))
  await newRows()
  return execution
}

async function sleeping() {
  const execution = await whenJob(operator, await submitJsl(operator, 'SimpleBatchJob', SLEEPING), 'STARTED')
  await newRows()
  return execution
}

const restart = (instanceId: number, jobParameters = {}) =>
  operator.restart(
    { target: { kind: 'instance', instanceId }, jobParameters, reusePreviousParams: false },
    BOB
  )

t.test('a submit leaves who, what and with which parameters, secrets masked and long values cut', async t => {
  const long = `${'x'.repeat(199)}😀${'y'.repeat(500)}`
  const instanceId = await submitJsl(operator, 'SimpleBatchJob', FAILING, {
    region: 'EU',
    'db.password': 'hunter2',
    long
  })
  const found = await newRows()
  t.equal(found.length, 1)
  t.match(found[0], {
    who: 'tester',
    what: 'instance.submit',
    target: `instance:${instanceId}`,
    before: null,
    after: { jobName: 'tested', application: 'SimpleBatchJob', inline: true }
  })
  const { jobParameters } = found[0]!.after as { jobParameters: Record<string, string> }
  t.match(jobParameters, { region: 'EU', 'db.password': '********' })
  t.equal(jobParameters['long'], `${'x'.repeat(199)}\uFFFD… (701 characters)`)
  await endedJob(operator, instanceId)
  t.same(await newRows(), [], 'what the job does by itself is nobody’s deed')
})

t.test('a restart leaves both executions; one that is refused leaves nothing', async t => {
  const { instanceId, executionId } = await failed()
  await restart(instanceId, { token: 'abc' })
  const next = await endedJob(operator, instanceId)
  t.match(await newRows(), [
    {
      who: 'bob',
      what: 'instance.restart',
      target: `instance:${instanceId}`,
      before: { executionId, batchStatus: 'FAILED' },
      after: { executionId: next.executionId, jobParameters: { token: '********' } }
    }
  ])
  await operator.abandonExecution(next.executionId, 'no use', BOB)
  t.match(await newRows(), [
    { who: 'bob', what: 'execution.abandon', target: `execution:${next.executionId}`, reason: 'no use' }
  ])
  await operator.abandonExecution(next.executionId, 'again', BOB)
  await t.rejects(restart(instanceId), { code: 'JobRestart' })
  await t.rejects(
    operator.submit(
      {
        application: 'SimpleBatchJob',
        module: 'm',
        component: null,
        jobXMLName: '',
        jobXML: '<job/>',
        jobParameters: {},
        idempotencyKey: null
      },
      BOB
    ),
    { code: 'JslInvalid' }
  )
  t.same(await newRows(), [])
})

t.test('stop, pause and force-end of what runs leave a row each, repeated or refused none', async t => {
  const { instanceId, executionId } = await sleeping()
  await operator.pauseExecution(executionId, BOB)
  await operator.pauseExecution(executionId, BOB)
  t.match(await newRows(), [{ who: 'bob', what: 'execution.pause', target: `execution:${executionId}` }])
  await operator.unpauseExecution(executionId, BOB)
  t.match(await newRows(), [{ what: 'execution.unpause', target: `execution:${executionId}` }])
  await t.rejects(operator.unpauseExecution(executionId, BOB))
  await t.rejects(operator.stopInstance(instanceId, NOBODY), { code: 'RoleMissing' })
  await t.rejects(restart(instanceId))
  await t.rejects(operator.purge(instanceId, { jobStoreOnly: false }, BOB), { code: 'JobNotPurgeable' })
  t.same(await newRows(), [])
  await operator.stopInstance(instanceId, BOB)
  t.match(await newRows(), [
    {
      who: 'bob',
      what: 'instance.stop',
      target: `instance:${instanceId}`,
      before: { executionId, batchStatus: 'STARTED' },
      after: { executionId, batchStatus: 'STOPPING' }
    }
  ])
  await whenJob(operator, instanceId, 'STOPPED')
  await t.rejects(operator.stopExecution(executionId, CALLER), { code: 'JobExecutionNotRunning' })
  t.same(await newRows(), [])

  const hangs = await sleeping()
  await operator.forceEndExecution(hangs.executionId, { batchStatus: 'STOPPED', reason: 'it hangs' }, BOB)
  t.match(await newRows(), [
    { what: 'execution.force-end', reason: 'it hangs', after: { batchStatus: 'STOPPED' } }
  ])
  const other = await sleeping()
  await stopExecution(db, { executionId: other.executionId, by: 'a server', reason: '', byServer: true })
  t.same(await newRows(), [], 'a server that goes down is nobody')
})

t.test('purges leave a row that outlives the instance; deleted logs one too', async t => {
  const [one, two, three] = [await failed(), await failed(), await failed()]
  await operator.deleteJobLogs(one.instanceId, BOB)
  t.match(await newRows(), [
    {
      who: 'bob',
      what: 'joblog.delete',
      target: `instance:${one.instanceId}`,
      before: { executionIds: [one.executionId] }
    }
  ])
  await operator.purge(one.instanceId, { jobStoreOnly: false }, BOB)
  await operator.purge(two.instanceId, { jobStoreOnly: true }, BOB)
  t.match(await newRows(), [
    {
      who: 'bob',
      what: 'instance.purge',
      target: `instance:${one.instanceId}`,
      before: { jobName: 'tested', submitter: 'tester', instanceState: 'FAILED' },
      after: { jobLogs: 'deleted' }
    },
    { what: 'instance.purge', target: `instance:${two.instanceId}`, after: { jobLogs: 'kept' } }
  ])
  await t.rejects(operator.purge(one.instanceId, { jobStoreOnly: false }, BOB), { code: 'NoSuchJobInstance' })
  await t.rejects(operator.deleteJobLogs(one.instanceId, BOB), { code: 'NoSuchJobInstance' })
  t.same(await newRows(), [])

  // A server that dies between the mark and the end leaves the rest to another.
  const dead = '00000000-0000-4000-8000-00000000dead'
  await markPurges(db, { instanceIds: [three.instanceId], incarnation: dead, by: 'carol' })
  t.same(await newRows(), [], 'nothing is gone yet')
  await app.tick()
  t.match(await newRows(), [{ who: 'carol', what: 'instance.purge', target: `instance:${three.instanceId}` }])
  t.same(await takeAbandonedPurges(db, dead, 10), [])
})

t.test('what is rolled back leaves nothing, and a submit that was stored before leaves one row', async t => {
  await db
    .transaction(async trx => {
      await appendAudit(trx, [{ who: 'bob', what: 'instance.stop', target: 'instance:1' }])
      throw new Error('rolled back')
    })
    .catch(() => {})
  t.same(await newRows(), [])
  const submission = {
    application: 'SimpleBatchJob',
    module: 'm',
    component: null,
    jobXML: null,
    jobXMLName: 'test_noop',
    jobParameters: {},
    idempotencyKey: 'once'
  }
  t.match(await operator.submit(submission, BOB), { created: true })
  t.match(await operator.submit(submission, BOB), { created: false })
  t.equal((await newRows()).length, 1)
  await t.rejects(operator.submit({ ...submission, jobParameters: { a: 'b' } }, BOB), {
    code: 'IdempotencyKeyReused'
  })
  t.same(await newRows(), [])
})
