// Single reads and lists a second over HTTP, beside a bare Fastify + pg route that does one SELECT and sends its rows.
import { migrate } from '../src/store/migrate.ts'
import { query } from './harness/bench-postgres.ts'
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'
import { startBareServer } from './harness/bare-process.ts'
import { generateHistory } from './harness/generate-history.ts'
import { openHttpConnection } from './harness/http-connection.ts'
import { startBenchServer } from './harness/server-process.ts'

const RUNS = 3
const CLIENTS = 8

export const reads: Benchmark = {
  name: 'reads',
  about: `GET requests a second, ${CLIENTS} clients, over a history of 20,000 instances: each kind by our server, and beside it the same rows of a bare Fastify + pg route in a process of its own.`,
  minutes: 4,
  run
}

interface Reads {
  readonly what: string
  readonly path: string
  /** Of the bare server. */
  readonly beside: string
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const databaseUrl = await bench.postgres.database()
  await migrate(databaseUrl)
  await generateHistory(databaseUrl, bench.quick ? 2000 : 20_000)
  const { url } = await startBenchServer(bench, databaseUrl)
  const { url: bareUrl } = await startBareServer(bench, databaseUrl)
  const [one] = await query<{ instance: number; execution: number }>(
    databaseUrl,
    `select instance_id::int as instance, latest_execution_id::int as execution from batchyard.job_instance
     where executions = 1 and batch_status = 'COMPLETED' order by instance_id desc limit 1`
  )
  const api = '/ibm/api/batch/v4'
  const kinds: readonly Reads[] = [
    {
      what: 'one instance',
      path: `${api}/jobinstances/${one!.instance}`,
      beside: `/instances/${one!.instance}`
    },
    {
      what: 'one execution',
      path: `${api}/jobexecutions/${one!.execution}`,
      beside: `/instances/${one!.instance}`
    },
    { what: 'the 50 newest', path: `${api}/jobinstances`, beside: '/instances' },
    {
      what: 'the 50 newest COMPLETED',
      path: `${api}/jobinstances?instanceState=COMPLETED`,
      beside: '/instances'
    }
  ]
  const seconds = bench.quick ? 0.5 : 2
  const measurements: Measurement[] = []
  for (const { what, path: ours, beside } of kinds) {
    await perSecond(bench, url, ours, seconds / 2)
    await perSecond(bench, bareUrl, beside, seconds / 2)
    const rounds = await repeat(RUNS, async () => ({
      bare: await perSecond(bench, bareUrl, beside, seconds),
      ours: await perSecond(bench, url, ours, seconds)
    }))
    measurements.push({
      what,
      unit: 'requests/s',
      values: rounds.map(round => round.ours),
      reference: { name: 'Fastify + pg', values: rounds.map(round => round.bare) }
    })
  }
  return measurements
}

async function perSecond(bench: Bench, url: string, at: string, seconds: number): Promise<number> {
  bench.signal.throwIfAborted()
  const connections = await Promise.all(Array.from({ length: CLIENTS }, () => openHttpConnection(url)))
  try {
    let answered = 0
    const begun = performance.now()
    const end = begun + seconds * 1000
    await Promise.all(
      connections.map(async http => {
        for (; performance.now() < end; answered++) {
          const { status, body } = await http.request('GET', at)
          if (status !== 200) throw new Error(`${at} was answered ${status}: ${body}`)
        }
      })
    )
    return (answered * 1000) / (performance.now() - begun)
  } finally {
    for (const http of connections) http.close()
  }
}
