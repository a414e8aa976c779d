// Bulk jobs on two real servers: a pause reaches partitions wherever they run, and a server that is killed leaves its work to the other.
import t from 'tap'
import { type Database, rows } from '../../src/store/database.ts'
import { type ServerProcess, serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'
import { creation, failEvery, manifestOf } from './bulk-client.ts'

async function ask<T>(
  server: ServerProcess,
  url: string,
  body?: string,
  type = 'application/json'
): Promise<T> {
  const sent = body === undefined ? {} : { method: 'POST', body, headers: { 'content-type': type } }
  const answer = await fetch(`${server.url}/api/v1${url}`, sent)
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}

interface Job {
  readonly status: string
  readonly progressSummary: { readonly numberOfTasksSucceeded: number; readonly numberOfTasksFailed: number }
}

async function create(server: ServerProcess, count: number, more: object): Promise<string> {
  const { manifestId } = await ask<{ manifestId: string }>(
    server,
    '/manifests',
    manifestOf(count),
    'text/csv'
  )
  const body = JSON.stringify(creation(manifestId, { ...more }))
  return (await ask<{ jobId: string }>(server, '/jobs', body)).jobId
}

const whenJob = (server: ServerProcess, jobId: string, ...statuses: readonly string[]) =>
  until(
    `${jobId} is ${statuses.join(' or ')}`,
    async () => {
      const job = await ask<Job>(server, `/jobs/${jobId}`)
      return statuses.includes(job.status) ? job : null
    },
    90
  )

const outcomes = async (db: Database, jobId: string) =>
  (
    await rows<{ all: number; distinct: number }>(
      db,
      `select count(*) as all, count(distinct task_row) as distinct
      from bulk_outcome join bulk_job using (job_number) where job_id = :jobId`,
      { jobId }
    )
  )[0]!

const executionsOf = async (db: Database, jobId: string) =>
  (
    await rows(db, 'select 1 from job_execution join bulk_job using (instance_id) where job_id = :jobId', {
      jobId
    })
  ).length

const LEASE = { BATCH_LEASE_SECONDS: '5', BATCH_THREADS: '4' }

t.test('on two servers', async t => {
  const place = await serverPlace(t)
  const { db } = place.database
  const [one, two] = await Promise.all([
    startServer(t, place, { ...LEASE, BATCH_SERVER_ID: 'one' }),
    startServer(t, place, { ...LEASE, BATCH_SERVER_ID: 'two' })
  ])

  t.test('R002-7 R002-8 R002-17 a higher one pauses a lower one, whose priority is raised then', async t => {
    const low = await create(one, 6000, { priority: 1, operation: failEvery({ delayMs: '3' }) })
    await until('some are done', async () => (await outcomes(db, low)).all > 0)
    const high = await create(two, 3000, { priority: 5, operation: failEvery({ delayMs: '3' }) })
    await whenJob(two, low, 'Paused')
    const { all } = await outcomes(db, low)
    t.ok(all < 6000, `${all} were done before the pause`)
    await until('the higher one works', async () => (await outcomes(db, high)).all > 0)
    t.equal((await outcomes(db, low)).all, all, 'nothing of it is done while it is paused')
    await ask(one, `/jobs/${low}/priority?priority=9`, '')
    await whenJob(one, high, 'Paused')
    t.match(await whenJob(one, low, 'Complete'), { progressSummary: { numberOfTasksSucceeded: 6000 } })
    t.match(await whenJob(two, high, 'Complete'), { progressSummary: { numberOfTasksSucceeded: 3000 } })
    t.same(await outcomes(db, low), { all: 6000, distinct: 6000 })
    t.same(await outcomes(db, high), { all: 3000, distinct: 3000 })
    t.same([await executionsOf(db, low), await executionsOf(db, high)], [1, 1])
  })

  t.test(
    'R002-19 kill -9 of the one that works: the other goes on, and each row has exactly one outcome',
    async t => {
      const jobId = await create(two, 4000, { operation: failEvery({ n: '7', delayMs: '3' }) })
      await until('some are done', async () => (await outcomes(db, jobId)).all > 200)
      const [owner] = await rows<{ serverId: string }>(
        db,
        `select n.server_id as "serverId" from unit u join incarnation n using (incarnation) join bulk_job b using (instance_id)
      where b.job_id = :jobId and u.kind = 'execution'`,
        { jobId }
      )
      const [killed, left] = owner!.serverId.endsWith('/one') ? [one, two] : [two, one]
      killed.kill('SIGKILL')
      await killed.ended
      const then = await outcomes(db, jobId)
      t.ok(then.all < 4000, `${then.all} outcomes stood`)
      t.match(await whenJob(left, jobId, 'Complete', 'Failed'), {
        status: 'Complete',
        progressSummary: { numberOfTasksSucceeded: 4000 - 571, numberOfTasksFailed: 571 }
      })
      t.same(await outcomes(db, jobId), { all: 4000, distinct: 4000 })
      t.equal(await executionsOf(db, jobId), 1, 'as the same execution')
    }
  )
})
