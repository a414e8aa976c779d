// PostgreSQL goes and comes back under load, and a server stands still past its lease: nothing is lost, nothing is there twice,
// nobody is declared dead who is not, and who is dead commits nothing more (ENGINE E6, E7).
import path from 'node:path'
import t, { type Test } from 'tap'
import { openDatabase } from '../../src/store/database.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.ts'
import { batchClient, type BatchClient } from '../support/batch-client.ts'
import { lasting, LONG } from '../support/chaos.ts'
import { ledgerOf, makeLedger } from '../support/ledger.ts'
import { type ServerPlace, serverPlace, type ServerProcess, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const LEASE_SECONDS = 5
const SETTINGS = {
  BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
  BATCH_LEASE_SECONDS: String(LEASE_SECONDS)
}

t.setTimeout(LONG ? 900_000 : 300_000)

/** Another server on the same database. */
async function another(t: Test, place: ServerPlace, name: string, settings: Record<string, string> = {}) {
  return await startServer(t, place, {
    ...SETTINGS,
    BATCH_SERVER_ID: name,
    BATCH_DATA_DIR: path.join(place.directory, name),
    ...settings
  })
}

async function query<Row>({ database }: ServerPlace, sql: string): Promise<Row[]> {
  return ((await database.db.raw(sql)) as { rows: Row[] }).rows
}

async function completes(t: Test, place: ServerPlace, client: BatchClient, instanceId: number, rows: number) {
  await until(`instance ${instanceId} ends`, async () => {
    const { instanceState } = await client.get(`/jobinstances/${instanceId}`)
    return ['COMPLETED', 'FAILED', 'STOPPED'].includes(instanceState as string)
  })
  t.match(await client.get(`/jobinstances/${instanceId}`), { instanceState: 'COMPLETED' }, `${instanceId}`)
  t.match(await ledgerOf(place.database.db, instanceId), { rows, distinct: rows })
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

t.test('E6 E7 an outage of PostgreSQL loses nothing, doubles nothing and kills nobody', async t => {
  const { directory } = await serverPlace(t)
  const start = (port?: number) =>
    startEmbeddedPostgres({
      dataDir: path.join(directory, 'own'),
      log: { info() {}, warn() {} },
      fsync: false,
      ...(port === undefined ? {} : { port })
    })
  let postgres = await start()
  t.teardown(() => postgres.stop())
  const db = openDatabase({
    url: postgres.url,
    applicationName: 'batchyard test',
    statementTimeoutSeconds: 60,
    connections: 3
  })
  t.teardown(() => db.destroy())
  const place: ServerPlace = { directory, database: { url: postgres.url, db } }
  const servers = [await another(t, place, 'one'), await another(t, place, 'two')] as const
  await makeLedger(db)
  const known = await query(place, 'select incarnation, dead_at from batchyard.incarnation order by 1')
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
    postgres = await start(port)
    t.comment(`PostgreSQL was ${how}`)
  }
  for (const [instanceId, rows] of jobs) await completes(t, place, client, instanceId, rows)
  const submitted = await doneSubmitting()
  t.ok(submitted > 20, `${submitted} submits meanwhile`)
  await until('no unit is left', async () => (await query(place, 'select from batchyard.unit')).length === 0)
  t.same(
    await query(
      place,
      `select job_name, instance_state, executions, count(*)::int as n from batchyard.job_instance
      group by 1, 2, 3 order by 1`
    ),
    [
      { job_name: 'noop', instance_state: 'COMPLETED', executions: 1, n: submitted },
      { job_name: 'numbers', instance_state: 'COMPLETED', executions: 1, n: outages.length },
      { job_name: 'partitions', instance_state: 'COMPLETED', executions: 1, n: outages.length }
    ]
  )
  t.same(await query(place, 'select execution_id from batchyard.job_execution where crashes > 0'), [])
  t.same(
    await query(place, 'select incarnation, dead_at from batchyard.incarnation order by 1'),
    known,
    'nobody was declared dead'
  )
  for (const server of servers) t.equal((await server.stop()).code, 0, server.log())
})

async function pausedPastItsLease(t: Test, policy: 'fail' | 'resume'): Promise<void> {
  const place = await serverPlace(t)
  const { db } = place.database
  await makeLedger(db)
  const paused: ServerProcess = await another(t, place, 'paused', { BATCH_RECOVERY: policy })
  const [{ incarnation }] = (await query(place, 'select incarnation from batchyard.incarnation')) as [
    { incarnation: string }
  ]
  const before = batchClient(paused)
  const numbers = await before.submit('ledger', 'numbers', { items: '2000', millis: '1' })
  const partitions = await before.submit('ledger', 'partitions', { items: '700', millis: '1' })
  while ((await ledgerOf(db, numbers)).rows < 50 || (await ledgerOf(db, partitions)).rows < 50);
  // At once: a slow machine takes longer to start the other than the jobs take to end.
  paused.kill('SIGSTOP')
  const other = await another(t, place, 'other', { BATCH_RECOVERY: policy })
  await other.says(/has not renewed its lease/)
  const client = batchClient(other)
  if (policy === 'fail')
    for (const instanceId of [numbers, partitions]) {
      await client.when(instanceId, 'FAILED')
      const answer = await client.call('PUT', `/jobinstances/${instanceId}?action=restart`, {
        jobParameters: { items: instanceId === numbers ? '2000' : '700' }
      })
      t.equal(answer.status, 200)
    }
  // While the other is in the middle of it: what the woken one still had in hand would be there twice.
  const taken = (await ledgerOf(db, numbers)).rows
  while ((await ledgerOf(db, numbers)).rows < taken + 50);
  paused.kill('SIGCONT')
  await completes(t, place, client, numbers, 2000)
  await completes(t, place, client, partitions, 2100)
  t.same(await paused.ended, { code: 1, signal: null }, 'the woken one ends')
  t.match(paused.log(), /declared this one dead/)
  t.same(await query(place, `select 1 from batchyard.incarnation where incarnation = '${incarnation}'`), [])
  t.same(await query(place, 'select unit_id from batchyard.unit'), [])
  const sessions = `select pid from pg_stat_activity where application_name like '%${incarnation}'`
  await until('it has no session', async () => (await query(place, sessions)).length === 0)
  t.equal((await other.stop()).code, 0)
}

for (const policy of ['fail', 'resume'] as const)
  t.test(
    `E6 E7 ${policy}: a server that stood still past its lease commits nothing more and ends`,
    async t => {
      for (let round = 0; round < (LONG ? 5 : 1); round++) await pausedPastItsLease(t, policy)
    }
  )
