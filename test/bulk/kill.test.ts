// kill -9 in the middle of bulk jobs: another start of the server, or another server, goes on, and each row has one outcome.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { type ServerProcess, serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'
import { creation, failEvery, manifestOf } from './bulk-client.ts'

async function post(server: ServerProcess, url: string, body: string, type = 'application/json') {
  const answer = await fetch(`${server.url}/api/v1${url}`, {
    method: 'POST',
    body,
    headers: { 'content-type': type }
  })
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  return (await answer.json()) as { manifestId: string; jobId: string }
}

t.test(
  'R002-19 a job whose server is killed goes on by itself, and each row of the manifest has exactly one outcome',
  async t => {
    const place = await serverPlace(t)
    const first = await startServer(t, place)
    const { manifestId } = await post(first, '/manifests', manifestOf(3000), 'text/csv')
    const { jobId } = await post(
      first,
      '/jobs',
      JSON.stringify(
        creation(manifestId, { operation: failEvery({ n: '7', delayMs: '1' }), report: { enabled: true } })
      )
    )
    const outcomes = async () =>
      (
        await rows<{ all: number; distinct: number; failed: number }>(
          place.database.db,
          `select count(*) as all, count(distinct task_row) as distinct, count(*) filter (where not succeeded) as failed
      from bulk_outcome join bulk_job using (job_number) where job_id = :jobId`,
          { jobId }
        )
      )[0]!
    await until('some tasks are done', async () => (await outcomes()).all > 200)
    first.kill('SIGKILL')
    await first.ended
    const then = await outcomes()
    t.ok(then.all < 3000, `${then.all} outcomes stood`)

    const second = await startServer(t, place)
    await until('some more are done', async () => (await outcomes()).all > then.all)
    second.kill('SIGKILL')
    await second.ended
    const third = await startServer(t, place)
    const job = await until('it is Complete', async () => {
      const answer = await fetch(`${third.url}/api/v1/jobs/${jobId}`)
      const found = (await answer.json()) as { status: string }
      return found.status === 'Complete' || found.status === 'Failed' ? found : null
    })
    t.match(job, {
      status: 'Complete',
      progressSummary: { totalNumberOfTasks: 3000, numberOfTasksSucceeded: 2572, numberOfTasksFailed: 428 }
    })
    t.same(await outcomes(), { all: 3000, distinct: 3000, failed: 428 })
    const executions = await rows(
      place.database.db,
      'select 1 from job_execution join bulk_job using (instance_id) where job_id = :jobId',
      { jobId }
    )
    t.equal(executions.length, 1, 'as the same execution')
  }
)

t.test(
  'a job whose server is killed while it reads the manifest is prepared by another, which does not wait for a restart',
  async t => {
    const place = await serverPlace(t)
    const lease = { BATCH_LEASE_SECONDS: '5' }
    const first = await startServer(t, place, { ...lease, BATCH_SERVER_ID: 'one' })
    const { manifestId } = await post(first, '/manifests', manifestOf(100_000), 'text/csv')
    const { jobId } = await post(
      first,
      '/jobs',
      JSON.stringify(creation(manifestId, { confirmationRequired: true }))
    )
    const status = async () =>
      (
        await rows<{ job_status: string }>(
          place.database.db,
          'select job_status from bulk_job where job_id = :jobId',
          { jobId }
        )
      )[0]!.job_status
    await until('it is Preparing', async () => (await status()) === 'Preparing')
    first.kill('SIGKILL')
    await first.ended
    t.equal(await status(), 'Preparing')
    await startServer(t, place, { ...lease, BATCH_SERVER_ID: 'two' })
    await until('it is Suspended', async () => (await status()) === 'Suspended')
    const [tasks] = await rows<{ n: number }>(
      place.database.db,
      'select count(*) as n from bulk_task join bulk_job using (job_number) where job_id = :jobId',
      { jobId }
    )
    t.same(tasks, { n: 100_000 })
  }
)
