// PostgreSQL goes and comes back under load, and a server stands still past its lease: nothing is lost, nothing is there twice,
// nobody is declared dead who is not, and who is dead commits nothing more (ENGINE E6, E7).
import path from 'node:path'
import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { openDatabase } from '../../src/store/database.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.ts'
import { batchClient, type BatchClient } from '../support/batch-client.ts'
import { lasting, LONG } from '../support/chaos.ts'
import { AT_GATE, submitGated } from '../support/gated-jobs.ts'
import { ledgerOf, makeLedger } from '../support/ledger.ts'
import { type ServerPlace, serverPlace, type ServerProcess, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const LEASE_SECONDS = 5
const SETTINGS = {
  BATCH_THREADS: '8',
  BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
  BATCH_LEASE_SECONDS: String(LEASE_SECONDS)
}

t.setTimeout(LONG ? 900_000 : 300_000)

const { directory } = await serverPlace(t)
const startPostgres = (port?: number) =>
  startEmbeddedPostgres({
    dataDir: path.join(directory, 'own'),
    log: { info() {}, warn() {} },
    fsync: false,
    ...(port === undefined ? {} : { port })
  })
let postgres = await startPostgres()
t.teardown(() => postgres.stop())
const db = openDatabase({
  url: postgres.url,
  applicationName: 'batchyard test',
  statementTimeoutSeconds: 60,
  connections: 3
})
t.teardown(() => db.destroy())
const place: ServerPlace = { directory, database: { url: postgres.url, db } }

async function another(name: string): Promise<ServerProcess> {
  return await startServer(t, place, {
    ...SETTINGS,
    BATCH_SERVER_ID: name,
    BATCH_DATA_DIR: path.join(directory, name)
  })
}

async function query<Row>(sql: string): Promise<Row[]> {
  return ((await db.raw(sql)) as { rows: Row[] }).rows
}

async function completes(t: Test, client: BatchClient, instanceId: number, rows: number) {
  await until(`instance ${instanceId} ends`, async () => {
    const { instanceState } = await client.get(`/jobinstances/${instanceId}`)
    return ['COMPLETED', 'FAILED', 'STOPPED'].includes(instanceState as string)
  })
  t.match(await client.get(`/jobinstances/${instanceId}`), { instanceState: 'COMPLETED' }, `${instanceId}`)
  t.match(await ledgerOf(db, instanceId), { rows, distinct: rows })
}

/** Submits one after the other, each with its key, and each again until it is accepted; says how many. */
function keepSubmitting(client: { readonly url: string }) {
  let going = true
  const submitting = (async () => {
    let n = 0
    for (; going; n++) {
      const submission = { applicationName: 'ledger', jobXMLName: 'noop' }
      for (let status = 0; status !== 201 && status !== 200;) {
        const answer = await fetch(`${client.url}/ibm/api/batch/jobinstances`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': `noop ${n}` },
          body: JSON.stringify(submission)
        })
        status = answer.status
        const text = await answer.text()
        if (![200, 201, 503].includes(status)) throw new Error(`${status} ${text}`)
      }
      await lasting(20)
    }
    return n
  })()
  submitting.catch(() => {})
  return async () => {
    going = false
    return await submitting
  }
}

const servers = [await another('one'), await another('two')] as const
await makeLedger(db)

t.test('E6 E7 an outage of PostgreSQL loses nothing, doubles nothing and kills nobody', async t => {
  const known = await query('select incarnation, dead_at from batchyard.incarnation order by 1')
  const [client] = servers.map(server => batchClient(server)) as [BatchClient]
  const doneSubmitting = keepSubmitting(servers[0])

  const jobs: (readonly [number, number])[] = []
  const outages = [
    ['shut down', 1000],
    ['crashed', 1000],
    ['away for longer than a lease', (LEASE_SECONDS + 2) * 1000],
    ...(LONG ? Array.from({ length: 10 }, (_, at) => [`crashed again ${at}`, 200 * at] as const) : [])
  ] as const
  for (const [how, millis] of outages) {
    jobs.push([await client.submit('ledger', 'numbers', { items: '300', millis: '3' }), 300])
    jobs.push([await client.submit('ledger', 'partitions', { items: '300', millis: '3' }), 900])
    while ((await ledgerOf(db, jobs.at(-1)![0])).rows < 100);
    const { port, pid } = postgres
    if (how.startsWith('crashed')) process.kill(pid, 'SIGQUIT')
    await postgres.stop()
    await lasting(millis)
    postgres = await startPostgres(port)
    t.comment(`PostgreSQL was ${how}`)
  }
  for (const [instanceId, rows] of jobs) await completes(t, client, instanceId, rows)
  const submitted = await doneSubmitting()
  t.ok(submitted > 20, `${submitted} submits meanwhile`)
  await until('no unit is left', async () => (await query('select from batchyard.unit')).length === 0)
  t.same(
    await query(
      `select job_name, instance_state, executions, count(*)::int as n from batchyard.job_instance
      group by 1, 2, 3 order by 1`
    ),
    [
      { job_name: 'noop', instance_state: 'COMPLETED', executions: 1, n: submitted },
      { job_name: 'numbers', instance_state: 'COMPLETED', executions: 1, n: outages.length },
      { job_name: 'partitions', instance_state: 'COMPLETED', executions: 1, n: outages.length }
    ]
  )
  t.same(await query('select execution_id from batchyard.job_execution where crashes > 0'), [])
  t.same(
    await query('select incarnation, dead_at from batchyard.incarnation order by 1'),
    known,
    'nobody was declared dead'
  )
  t.equal((await servers[1].stop()).code, 0, servers[1].log())
})

/** On `paused`, which is the only server then. */
async function pausedPastItsLease(t: Test, paused: ServerProcess, round: number): Promise<ServerProcess> {
  const incarnation = /"incarnation":"([^"]+)"[^\n]*"msg":"ready"/.exec(paused.log())![1]!
  const client = batchClient(paused)
  const items = '300'
  const go = path.join(directory, `go-${round}`)
  const jobs: { readonly policy: string; readonly id: number; readonly streams: number }[] = []
  for (const policy of ['fail', 'resume'] as const)
    for (const streams of [1, 3]) {
      const id = await submitGated(client, policy, { items, go }, streams === 1 ? 0 : streams)
      jobs.push({ policy, id, streams })
    }
  await until('all are in the middle of it', async () => {
    for (const { id, streams } of jobs) if ((await ledgerOf(db, id)).rows < streams * AT_GATE) return false
    return true
  })
  paused.kill('SIGSTOP')
  const other = await another(`other-${round}`)
  await other.says(/has not renewed its lease/)
  const asked = batchClient(other)
  for (const { policy, id } of jobs) {
    if (policy !== 'fail') continue
    await asked.when(id, 'FAILED')
    const answer = await asked.call('PUT', `/jobinstances/${id}?action=restart`, {
      jobParameters: { items, go }
    })
    t.equal(answer.status, 200, answer.text)
  }
  await until('all are at work again', async () => {
    const states = await Promise.all(jobs.map(({ id }) => asked.when(id, 'STARTED', 'STARTING')))
    return states.every(({ batchStatus }) => batchStatus === 'STARTED')
  })
  // While the other is in the middle of it: what the woken one still had in hand would be there twice.
  writeFileSync(go, '')
  paused.kill('SIGCONT')
  for (const { id, streams } of jobs) await completes(t, asked, id, streams * Number(items))
  t.same(await paused.ended, { code: 1, signal: null }, 'the woken one ends')
  t.match(paused.log(), /declared this one dead/)
  t.same(await query(`select 1 from batchyard.incarnation where incarnation = '${incarnation}'`), [])
  t.same(await query('select unit_id from batchyard.unit'), [])
  const sessions = `select pid from pg_stat_activity where application_name like '%${incarnation}'`
  await until('it has no session', async () => (await query(sessions)).length === 0)
  return other
}

t.test(
  'E6 E7 fail, resume: a server that stood still past its lease commits nothing more and ends',
  async t => {
    let server: ServerProcess = servers[0]
    for (let round = 0; round < (LONG ? 5 : 1); round++) server = await pausedPastItsLease(t, server, round)
    t.equal((await server.stop()).code, 0, server.log())
  }
)
