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

/** Chunks of each partition when the execution was asked to pause, noted by the database itself. */
async function notePauses(db: Database): Promise<void> {
  await db.raw('create schema noted')
  await db.raw(
    'create table noted.chunk (execution_id bigint, partition_number integer, chunk_number bigint)'
  )
  await db.raw(`create function noted.note() returns trigger language plpgsql as $$ begin
    insert into noted.chunk select execution_id, partition_number, chunk_number from batchyard.partition
      where execution_id = new.execution_id; return new; end $$`)
  await db.raw(`create trigger paused after update on batchyard.unit for each row
    when (not old.pause_requested and new.pause_requested) execute function noted.note()`)
}

/** Chunks that each partition has committed since. */
async function chunksSince(db: Database, jobId: string): Promise<number[]> {
  const found = await rows<{ chunks: number }>(
    db,
    `select p.chunk_number - n.chunk_number as chunks from bulk_job b join job_execution e using (instance_id)
      join noted.chunk n using (execution_id)
      join partition p on p.execution_id = n.execution_id and p.partition_number = n.partition_number
    where b.job_id = :jobId`,
    { jobId }
  )
  return found.map(({ chunks }) => Number(chunks))
}

const LEASE = { BATCH_LEASE_SECONDS: '5', BATCH_THREADS: '4' }

t.test('on two servers', async t => {
  const place = await serverPlace(t)
  const { db } = place.database
  await notePauses(db)
  const [one, two] = await Promise.all([
    startServer(t, place, { ...LEASE, BATCH_SERVER_ID: 'one' }),
    startServer(t, place, { ...LEASE, BATCH_SERVER_ID: 'two' })
  ])

  t.test('R002-7 R002-8 R002-17 a higher one pauses a lower one, whose priority is raised then', async t => {
    const low = await create(one, 3600, { priority: 1, operation: failEvery({ delayMs: '3' }) })
    await until('some are done', async () => (await outcomes(db, low)).all > 0)
    const high = await create(two, 1200, { priority: 5, operation: failEvery({ delayMs: '3' }) })
    await whenJob(two, low, 'Paused')
    const { all } = await outcomes(db, low)
    t.ok(all < 3600, `${all} were done before the pause`)
    const chunks = await chunksSince(db, low)
    t.ok(chunks.length > 0)
    // The chunk that was under way, and of one at most another that began before the server was told.
    t.same(
      chunks.filter(count => count > 2),
      []
    )
    t.ok(chunks.filter(count => count > 1).length <= 1, `chunks since it was asked: ${chunks.join(', ')}`)
    await until('the higher one works', async () => (await outcomes(db, high)).all > 0)
    t.equal((await outcomes(db, low)).all, all, 'nothing of it is done while it is paused')
    await ask(one, `/jobs/${low}/priority?priority=9`, '')
    await whenJob(one, high, 'Paused')
    t.match(await whenJob(one, low, 'Complete'), { progressSummary: { numberOfTasksSucceeded: 3600 } })
    t.match(await whenJob(two, high, 'Complete'), { progressSummary: { numberOfTasksSucceeded: 1200 } })
    t.same(await outcomes(db, low), { all: 3600, distinct: 3600 })
    t.same(await outcomes(db, high), { all: 1200, distinct: 1200 })
    t.same([await executionsOf(db, low), await executionsOf(db, high)], [1, 1])
  })

  t.test(
    'R002-19 kill -9 of the one that works: the other goes on, and each row has exactly one outcome',
    async t => {
      const jobId = await create(two, 2800, { operation: failEvery({ n: '7', delayMs: '3' }) })
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
      t.ok(then.all < 2800, `${then.all} outcomes stood`)
      t.match(await whenJob(left, jobId, 'Complete', 'Failed'), {
        status: 'Complete',
        progressSummary: { numberOfTasksSucceeded: 2400, numberOfTasksFailed: 400 }
      })
      t.same(await outcomes(db, jobId), { all: 2800, distinct: 2800 })
      t.equal(await executionsOf(db, jobId), 1, 'as the same execution')
    }
  )
})
