// How late schedules fire: the clock looks twice a second, and what is due then has to be decided one after the other.
import { setTimeout as delay } from 'node:timers/promises'
import { type Bench, type Benchmark, type Measurement } from './harness/benchmark.ts'
import { query } from './harness/bench-postgres.ts'
import { startBenchServer } from './harness/server-process.ts'
import { quantile } from './harness/spread.ts'

const WARM_SECONDS = 4

export const scheduleClock: Benchmark = {
  name: 'schedule-clock',
  about:
    'Schedules that fire a no-op job every two seconds, on two servers: milliseconds from the nominal time until the decision is made and the run submitted; each firing counts once all schedules have been Active for four seconds.',
  minutes: 3,
  run
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = []
  for (const schedules of [1, 50]) {
    const databaseUrl = await bench.postgres.database()
    const server = await startBenchServer(bench, databaseUrl)
    const other = await startBenchServer(bench, databaseUrl, { environment: { BATCH_SERVER_ID: 'server2' } })
    await createSchedules(server.url, schedules)
    // While they are made and switched on, one request after the other, they are not due at once, and the servers are cold.
    const [begun] = await query<{ at: string }>(
      databaseUrl,
      `select (clock_timestamp() + ${WARM_SECONDS} * interval '1 second')::text as at`
    )
    await delay((bench.quick ? 5000 : 20_000) + WARM_SECONDS * 1000, null, { signal: bench.signal })
    const late = await query<{ ms: number }>(
      databaseUrl,
      /* sql */ `select extract(epoch from decision_time - nominal_time)::float8 * 1000 as ms
      from batchyard.decision where decision = 'fired' and nominal_time >= '${begun!.at}' order by 1`
    )
    const [others] = await query<{ count: number }>(
      databaseUrl,
      `select count(*)::int as count from batchyard.decision where decision <> 'fired'`
    )
    await other.stop()
    await server.stop()
    const values = late.map(({ ms }) => ms)
    if (values.length === 0) throw new Error('nothing has fired')
    measurements.push({
      what: `late, ${schedules} due at once`,
      unit: 'ms',
      values,
      budget: 'all ≤ 1,000',
      aside: `p95 ${quantile(values, 0.95).toFixed(0)}; ${others!.count} not fired`
    })
  }
  return measurements
}

async function createSchedules(url: string, count: number): Promise<void> {
  const post = async (path: string, body?: object) => {
    const answer = await fetch(`${url}/api/v1/${path}`, {
      method: 'POST',
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    })
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`)
    await answer.body?.cancel()
  }
  await post('definitions', { name: 'noop', application: 'Bench', jobXMLName: 'noop' })
  for (let at = 0; at < count; at++)
    await post('schedules', {
      name: `every-${at}`,
      definition: 'noop',
      timeZone: 'UTC',
      overlap: 'allow',
      when: { cron: '*/2 * * * * *' }
    })
  for (let at = 0; at < count; at++) await post(`schedules/every-${at}/activate`)
}
