// Two that come at the same moment: one wins, the other gets a clear refusal, and nothing hangs or is counted wrong
// (ENGINE E2, E11, E13).
import path from 'node:path'
import t, { type Test } from 'tap'
import { batchClient, type BatchClient } from '../support/batch-client.ts'
import { lasting, LONG, seeded } from '../support/chaos.ts'
import { makeLedger } from '../support/ledger.ts'
import { serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const ROUNDS = LONG ? 1000 : 50
const SETTINGS = {
  BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
  BATCH_CAPS: '{"job:noop":2}'
}

t.setTimeout(LONG ? 900_000 : 300_000)
const random = seeded()
t.comment(`seed ${random.seed}: CHAOS_SEED=${random.seed} makes the same choices again`)

const place = await serverPlace(t)
await makeLedger(place.database.db)
let server = await startServer(t, place, SETTINGS)
let client = batchClient(server)

async function query<Row>(sql: string, ...values: readonly (number | string)[]): Promise<Row[]> {
  return ((await place.database.db.raw(sql, [...values])) as { rows: Row[] }).rows
}

async function executionsOf(instanceId: number): Promise<number> {
  const [row] = await query<{ n: number }>(
    'select count(*)::int as n from batchyard.job_execution where instance_id = ?',
    instanceId
  )
  return row!.n
}

const capsInUse = () => query<{ key: string }>('select key, running from batchyard.cap where running <> 0')

t.test(`E2 of eight restarts at once exactly one is let through, ${ROUNDS} times`, async t => {
  const instanceId = await client.submit('ledger', 'failing')
  const statuses: Record<string, number> = {}
  for (let round = 1; round <= ROUNDS; round++) {
    await client.when(instanceId, 'FAILED')
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => client.call('PUT', `/jobinstances/${instanceId}?action=restart`))
    )
    for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1
    const refused = answers.filter(({ status }) => status !== 200)
    // An execution can have FAILED before the last of the eight came: then that one is right to win too.
    const made = (await executionsOf(instanceId)) - 1
    const clear = refused.every(
      ({ status, json }) => status === 409 && /^JobRestart$/.test(json?.code as string)
    )
    if (refused.length === answers.length || !clear)
      t.fail(`round ${round}: ${answers.map(({ status, text }) => `${status} ${text}`).join('\n')}`)
    t.equal(statuses[200], made, `round ${round}: as many executions as restarts that were let through`)
  }
  t.comment(`answers: ${JSON.stringify(statuses)}`)
  t.ok((statuses[200] ?? 0) < ROUNDS * 1.5, 'seldom more than one')
  await client.when(instanceId, 'FAILED')
})

t.test(`E11 a stop against the end: 200 ends STOPPED, 409 ends COMPLETED, ${ROUNDS} times`, async t => {
  const seen: Record<string, number> = {}
  for (let round = 0; round < ROUNDS; round++) {
    const instanceId = await client.submit('ledger', 'pause', { millis: '10' })
    const { executionId } = await client.when(instanceId, 'STARTED', 'COMPLETED')
    await lasting(random.between(0, 25))
    const stop = await client.call('PUT', `/jobexecutions/${executionId}?action=stop`)
    if (stop.status === 409) t.match(stop.json, { code: 'JobExecutionNotRunning', detail: /COMPLETED/ })
    const { batchStatus } = await client.ended(instanceId)
    const outcome = `${stop.status} ${batchStatus}`
    seen[outcome] = (seen[outcome] ?? 0) + 1
    const { instanceState } = await client.get(`/jobinstances/${instanceId}`)
    t.equal(instanceState, batchStatus)
  }
  t.comment(JSON.stringify(seen))
  t.same(
    Object.keys(seen).filter(outcome => !['200 STOPPED', '409 COMPLETED'].includes(outcome)),
    []
  )
  t.ok((seen['200 STOPPED'] ?? 0) > 0 && (seen['409 COMPLETED'] ?? 0) > 0, 'both came first now and then')
})

t.test(`E11 a stop against the start, ${ROUNDS} times`, async t => {
  const seen: Record<string, number> = {}
  for (let round = 0; round < ROUNDS; round++) {
    const instanceId = await client.submit('ledger', 'pause', { millis: '60000' })
    await lasting(random.between(0, 20))
    const stop = await client.call('PUT', `/jobinstances/${instanceId}?action=stop`)
    const { batchStatus } = await client.ended(instanceId)
    const outcome = `${stop.status} ${batchStatus}`
    seen[outcome] = (seen[outcome] ?? 0) + 1
  }
  t.same(seen, { '200 STOPPED': ROUNDS })
})

/** Never two of the key at work at once, by the times that PostgreSQL wrote. */
async function overlaps(key: string): Promise<object[]> {
  return await query(
    `select a.execution_id, b.execution_id as other from batchyard.job_execution a join batchyard.job_parameter p
      on p.execution_id = a.execution_id and p.name = 'key' and p.value = ?
    join batchyard.job_parameter q on q.name = 'key' and q.value = p.value
    join batchyard.job_execution b on b.execution_id = q.execution_id and b.execution_id > a.execution_id
    where tstzrange(a.start_time, a.end_time) && tstzrange(b.start_time, b.end_time)`,
    key
  )
}

t.test(
  `E13 of two submits against a cap of one both are accepted and run one after the other, ${ROUNDS} times`,
  async t => {
    for (let round = 0; round < ROUNDS; round += 10) {
      const rounds = Array.from({ length: 10 }, (_, at) => `pair${round + at}`)
      const pairs = rounds.map(key =>
        Promise.all([1, 2].map(() => client.submit('ledger', 'capped', { key, millis: '5' })))
      )
      for (const [at, pair] of (await Promise.all(pairs)).entries()) {
        for (const instanceId of pair)
          t.equal((await client.ended(instanceId)).batchStatus, 'COMPLETED', `instance ${instanceId}`)
        t.same(await overlaps(rounds[at]!), [], `${rounds[at]} never had two at work`)
      }
    }
    t.same(await capsInUse(), [])
  }
)

t.test('E13 caps by configuration hold too, under load', async t => {
  const instances = await Promise.all(Array.from({ length: 40 }, () => client.submit('ledger', 'noop')))
  const most = { running: 0 }
  const watching = until('no unit is left', async () => {
    const [row] = await query<{ n: number }>(
      `select count(*)::int as n from batchyard.unit u join batchyard.job_instance i using (instance_id)
        where i.job_name = 'noop' and u.status in ('CLAIMED', 'STARTED', 'STOPPING')`
    )
    most.running = Math.max(most.running, row!.n)
    return (await query('select from batchyard.unit')).length === 0
  })
  for (const instanceId of instances)
    t.equal((await client.ended(instanceId)).batchStatus, 'COMPLETED', `instance ${instanceId}`)
  await watching
  t.ok(most.running <= 2, `${most.running} at once`)
  t.same(await capsInUse(), [])
})

async function submitCapped(client: BatchClient, key: string, millis: number): Promise<number> {
  return await client.submit('ledger', 'capped', { key, millis: String(millis) })
}

t.test(
  'E13 a stop of one that runs lets the next begin, and a stop of one that waits changes no count',
  async t => {
    const [runs, waits, next] = [
      await submitCapped(client, 'stops', 60_000),
      await submitCapped(client, 'stops', 60_000),
      await submitCapped(client, 'stops', 10)
    ] as [number, number, number]
    await client.when(runs, 'STARTED')
    await stops(t, waits)
    t.same(await capsInUse(), [{ key: 'key:stops', running: 1 }])
    await stops(t, runs)
    t.match(await client.ended(next), { batchStatus: 'COMPLETED' })
    t.same(await capsInUse(), [])
  }
)

async function stops(t: Test, instanceId: number): Promise<void> {
  t.equal((await client.call('PUT', `/jobinstances/${instanceId}?action=stop`)).status, 200)
  t.match(await client.ended(instanceId), { batchStatus: 'STOPPED' })
}

t.test('E13 a restart of a capped job is counted, and waits for its turn', async t => {
  const first = await submitCapped(client, 'restarts', 60_000)
  await client.when(first, 'STARTED')
  await stops(t, first)
  const second = await submitCapped(client, 'restarts', 60_000)
  await client.when(second, 'STARTED')
  const restart = await client.call('PUT', `/jobinstances/${first}?action=restart`, {
    jobParameters: { key: 'restarts', millis: '10' }
  })
  t.equal(restart.status, 200)
  t.match(await client.get(`/jobinstances/${first}`), { instanceState: 'SUBMITTED' })
  await stops(t, second)
  t.match(await client.ended(first), { batchStatus: 'COMPLETED' })
  t.same(await capsInUse(), [])
})

t.test('E13 a server that is killed leaves no place taken, whatever it was at', async t => {
  const keys = ['crash1', 'crash2', 'crash3']
  for (const key of keys) {
    await client.when(await submitCapped(client, key, 60_000), 'STARTED')
    await submitCapped(client, key, 10)
  }
  server.kill('SIGKILL')
  await server.ended
  server = await startServer(t, place, SETTINGS)
  client = batchClient(server)
  await until('all places are free', async () => (await capsInUse()).length === 0)
  const states = await query(
    `select instance_state, count(*)::int as n from batchyard.job_instance i join batchyard.job_parameter p
      on p.execution_id = i.latest_execution_id and p.name = 'key' and p.value like 'crash%'
    group by 1 order by 1`
  )
  t.same(states, [
    { instance_state: 'COMPLETED', n: 3 },
    { instance_state: 'FAILED', n: 3 }
  ])
  t.equal((await server.stop()).code, 0)
})
