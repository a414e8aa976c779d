// The connection to PostgreSQL goes while a commit is under way, before it or after it, and for each commit of a job's life:
// nothing is lost, nothing is there twice, and no limit of the job is spent (ENGINE E5, E9).
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import { batchClient, type BatchClient, type Json } from '../support/batch-client.ts'
import { LONG } from '../support/chaos.ts'
import { ledgerOf, makeLedger } from '../support/ledger.ts'
import { serverPlace, startServer } from '../support/server-process.ts'
import {
  isChunkCommit,
  isChunkGuard,
  isCommit,
  type Request,
  tcpProxy,
  type TcpProxy,
  type Verdict
} from '../support/tcp-proxy.ts'

const APPLICATIONS = path.join(import.meta.dirname, '../support/applications')
const CUTS = ['cutBefore', 'cutAfter', 'holdOpen'] as const

t.setTimeout(LONG ? 600_000 : 300_000)

const place = await serverPlace(t)
const { db } = place.database
await makeLedger(db)
const proxy = await tcpProxy(t, place.database.url)
const server = await startServer(t, place, { BATCH_DATABASE_URL: proxy.url, BATCH_APPS_DIR: APPLICATIONS })
const client = batchClient(server)

/** Cuts one of `every` requests that match, beginning with the first, `times` at most; says how many it did. */
function cut(
  proxy: TcpProxy,
  how: Verdict,
  times: number,
  matches: (request: Request) => boolean,
  every = 3
) {
  let seen = 0
  let done = 0
  proxy.rule = request => {
    if (!matches(request) || done === times || seen++ % every !== 0) return 'pass'
    done++
    return how
  }
  return () => done
}

async function query<Row>(sql: string, ...values: readonly (number | string)[]): Promise<Row[]> {
  return ((await db.raw(sql, [...values])) as { rows: Row[] }).rows
}

/** COMPLETED in its one execution, with no unit left. */
async function completes(t: Test, client: BatchClient, instanceId: number): Promise<Json> {
  const execution = (await client.ended(instanceId)) as Json
  t.match(execution, { batchStatus: 'COMPLETED', exitStatus: 'COMPLETED' })
  t.match(await client.get(`/jobinstances/${instanceId}`), { instanceState: 'COMPLETED' })
  t.same(await query('select unit_id from batchyard.unit where instance_id = ?', instanceId), [])
  t.same(
    await query(
      'select execution_number, crashes from batchyard.job_execution where instance_id = ?',
      instanceId
    ),
    [{ execution_number: 0, crashes: 0 }]
  )
  return execution
}

async function logOf(executionId: number): Promise<string> {
  const [row] = await query<{ log_path: string }>(
    'select log_path from batchyard.job_execution where execution_id = ?',
    executionId
  )
  return await readFile(path.join(place.directory, 'joblogs', row!.log_path, 'part.1.log'), 'utf8')
}

async function metricsOf(executionId: number): Promise<Record<string, number>> {
  const [step] = await query<Record<string, number>>(
    `select read_count, write_count, commit_count, write_skip_count, read_skip_count
    from batchyard.step_execution where execution_id = ?`,
    executionId
  )
  return step!
}

for (const how of CUTS) {
  t.test(`E9 ${how}: a chunk that used the connection is there once, and spends no limit`, async t => {
    const cuts = cut(proxy, how, 3, isChunkCommit)
    const instanceId = await client.submit('ledger', 'strict-ledger')
    const { executionId } = await completes(t, client, instanceId)
    t.equal(cuts(), 3, 'the commit was cut')
    t.same(await ledgerOf(db, instanceId), { rows: 100, distinct: 100, highest: 100 })
    t.match(await metricsOf(executionId), {
      read_count: 100,
      write_count: 100,
      write_skip_count: 0,
      read_skip_count: 0
    })
    t.notMatch(await logOf(executionId), /was called/, 'no listener heard of it as an error of the job')
  })

  t.test(`E9 ${how}: a chunk that did not use the connection counts once`, async t => {
    const cuts = cut(proxy, how, 3, ({ text }) => isChunkGuard(text))
    const instanceId = await client.submit('ledger', 'strict-silent')
    const { executionId } = await completes(t, client, instanceId)
    t.equal(cuts(), 3, 'the commit was cut')
    t.match(await metricsOf(executionId), { read_count: 100, write_count: 100, write_skip_count: 0 })
    const log = await logOf(executionId)
    t.notMatch(log, /was called/, 'no listener heard of it as an error of the job')
    const written = [...log.matchAll(/written (\d+) to/g)].map(match => Number(match[1]))
    t.equal(new Set(written).size, 10)
    if (how === 'cutAfter') t.equal(written.length, 10, 'what was committed is not done again')
  })

  t.test(
    `E9 ${how}: a chunk whose connection goes while it writes is done again, and spends no limit`,
    async t => {
      const cuts = cut(proxy, how, 3, ({ text }) => text.includes('insert into ledger.entry'))
      const instanceId = await client.submit('ledger', 'strict-ledger')
      const { executionId } = await completes(t, client, instanceId)
      t.equal(cuts(), 3, 'the write was cut')
      t.same(await ledgerOf(db, instanceId), { rows: 100, distinct: 100, highest: 100 })
      t.match(await metricsOf(executionId), { read_count: 100, write_count: 100, write_skip_count: 0 })
      t.notMatch(await logOf(executionId), /was called/, 'no listener heard of it as an error of the job')
    }
  )

  // One member and many: a batch that fails is done again one by one. The first step's start and the last one's end go with
  // the unit's: between two steps there are others.
  for (const members of [1, 8]) {
    for (const [what, pattern] of [
      ['submit', /with submission as/],
      ['start', /started as \(/],
      ['step start', /interrupted as \(/],
      ['step end', /"stepExecutionId" bigint,\s+"batchStatus" text/],
      ['end', /"restartOn" text/]
    ] as const)
      t.test(`E5 ${how}: a ${what} batch of up to ${members} stands once`, async t => {
        const before = await query<{ n: number }>('select count(*)::int as n from batchyard.job_instance')
        const cuts = cut(proxy, how, members === 1 ? 1 : 3, ({ text }) => pattern.test(text))
        const submitted = await Promise.all(
          Array.from({ length: members }, () => client.submit('ledger', 'two-steps'))
        )
        for (const instanceId of submitted) await completes(t, client, instanceId)
        t.ok(cuts() >= 1, 'it was cut')
        const after = await query<{ n: number }>('select count(*)::int as n from batchyard.job_instance')
        t.equal(after[0]!.n - before[0]!.n, members, 'each submit made one instance')
        t.equal(new Set(submitted).size, members)
      })
  }

  t.test(`E5 ${how}: children of a step and of a split are made once`, async t => {
    const cuts = cut(
      proxy,
      how,
      6,
      ({ text, link }) =>
        isCommit(text) && /only_incarnation, step_execution_id|"planProperties" jsonb/.test(link.transaction),
      2
    )
    const partitioned = await client.submit('ledger', 'partitions', { items: '30' })
    const split = await client.submit('ledger', 'split')
    await completes(t, client, partitioned)
    await completes(t, client, split)
    t.ok(cuts() >= 2, `${cuts()} commits were cut`)
    t.same(await ledgerOf(db, partitioned), { rows: 90, distinct: 90, highest: 30 })
  })

  t.test(`E13 ${how}: submit and end of a capped job count once`, async t => {
    const cuts = cut(proxy, how, 4, ({ text, link }) => isCommit(text) && !isChunkGuard(link.last))
    const submitted = await Promise.all(
      [1, 2, 3].map(() => client.submit('ledger', 'capped', { key: how, millis: '10' }))
    )
    for (const instanceId of submitted) await completes(t, client, instanceId)
    t.ok(cuts() >= 2, `${cuts()} commits were cut`)
    t.same(await query('select running from batchyard.cap where key = ?', `key:${how}`), [{ running: 0 }])
  })

  t.test(`E8 ${how}: the end of a unit whose thread died is stored once, and its parent goes on`, async t => {
    const cuts = cut(
      proxy,
      how,
      2,
      ({ text, link }) => isCommit(text) && /flowOutcome/.test(link.transaction)
    )
    const instanceId = await client.submit('ledger', 'dying-partition')
    const execution = (await client.ended(instanceId)) as Json
    t.match(execution, { batchStatus: 'FAILED' })
    t.ok(cuts() >= 1, 'it was cut')
    t.same(await query('select unit_id from batchyard.unit where instance_id = ?', instanceId), [])
  })

  t.test(`E2 ${how}: a restart is made once`, async t => {
    proxy.rule = () => 'pass'
    const instanceId = await client.submit('ledger', 'failing')
    await client.when(instanceId, 'FAILED')
    const cuts = cut(
      proxy,
      how,
      1,
      ({ text, link }) => isCommit(text) && /insert into job_execution/.test(link.transaction)
    )
    const answer = await client.call('PUT', `/jobinstances/${instanceId}?action=restart`)
    t.equal(cuts(), 1)
    t.equal(answer.status, 200, answer.text)
    await client.when(instanceId, 'FAILED')
    t.same(
      await query(
        'select execution_number from batchyard.job_execution where instance_id = ? order by 1',
        instanceId
      ),
      [{ execution_number: 0 }, { execution_number: 1 }]
    )
  })

  t.test(`E11 ${how}: a stop is asked once, and answered 200`, async t => {
    proxy.rule = () => 'pass'
    const instanceId = await client.submit('ledger', 'pause', { millis: '30000' })
    const { executionId } = await client.when(instanceId, 'STARTED')
    const cuts = cut(proxy, how, 1, ({ text, link }) => isCommit(text) && /pg_notify/.test(link.transaction))
    const answer = await client.call('PUT', `/jobexecutions/${executionId}?action=stop`)
    t.equal(cuts(), 1)
    t.equal(answer.status, 200, answer.text)
    t.match(await client.ended(instanceId), { batchStatus: 'STOPPED' })
  })
}

t.test('the server that went through this ends in order', async t => {
  proxy.rule = () => 'pass'
  t.same(await server.stop(), { code: 0, signal: null })
})
