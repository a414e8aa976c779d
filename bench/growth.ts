// How throughput and latency change as history grows and as clients become more: tables, and plots beside bench/results.md.
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { migrate } from '../src/store/migrate.ts'
import { exitStatusOf, followToCompleted, submit } from './harness/bench-job.ts'
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'
import { query } from './harness/bench-postgres.ts'
import { generateHistory } from './harness/generate-history.ts'
import { openHttpConnection } from './harness/http-connection.ts'
import { type LineChart, lineChart } from './harness/line-chart.ts'
import { machineLines } from './harness/machine.ts'
import { runNoops } from './harness/noop-load.ts'
import { startBenchServer } from './harness/server-process.ts'
import { quantile, spreadOf } from './harness/spread.ts'

const RUNS = 3
const CLIENTS = [1, 2, 4, 8, 16, 32, 64]
/** Asking is work for the server too. */
const FOLLOW_MS = 20

export const growth: Benchmark = {
  name: 'growth',
  about:
    'No-op jobs over histories of growing size: submitted by 8 clients, from the submit until the first line with one, and the newest page of a list; each size has a database and a server of its own, and the rounds go over all of them. Then 1 to 64 clients, each waiting for its job, on the empty one: jobs/s, and from the submit’s commit until COMPLETED. Plots: growth-history.svg and growth-clients.svg.',
  minutes: 30,
  run
}

interface Site {
  readonly instances: number
  readonly url: string
  readonly databaseUrl: string
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const sizes = [0, 1000, 10_000, 100_000, 1_000_000].filter(size => size < bench.instances)
  const sites: Site[] = []
  for (const instances of bench.quick ? [0, 1000] : [...sizes, bench.instances]) {
    bench.signal.throwIfAborted()
    const databaseUrl = await bench.postgres.database()
    await migrate(databaseUrl)
    if (instances > 0) await generateHistory(databaseUrl, instances)
    const { url } = await startBenchServer(bench, databaseUrl)
    sites.push({ instances, url, databaseUrl })
    bench.say(`a history of ${instances} is there`)
  }
  const measurements = [...(await overHistory(bench, sites)), ...(await overClients(bench, sites[0]!))]
  return measurements
}

async function overHistory(bench: Bench, sites: readonly Site[]): Promise<readonly Measurement[]> {
  const seconds = bench.quick ? 1 : 3
  const load = { clients: 8, seconds, jobs: 100_000, waits: false, signal: bench.signal }
  for (const site of sites) await runNoops({ ...load, ...site })
  const rounds = await repeat(RUNS, async () => {
    const round = []
    for (const site of sites) {
      bench.signal.throwIfAborted()
      const { perSecond } = await runNoops({ ...load, ...site })
      const { begin, list } = await latencies(site.url, bench.quick ? 10 : 40)
      round.push({ perSecond, begin, list })
    }
    return round
  })
  const of = (figure: 'perSecond' | 'begin' | 'list', at: number) => rounds.map(round => round[at]![figure])
  await plot(bench, 'growth-history.svg', {
    title: 'Launches and lists over a growing history',
    steps: 'job instances in the history',
    labels: sites.map(({ instances }) => instances.toLocaleString('en-US')),
    panels: [
      {
        title: 'no-op jobs, 8 clients submitting',
        unit: 'jobs/s',
        series: [{ name: 'COMPLETED', values: sites.map((_, at) => spreadOf(of('perSecond', at)).median) }]
      },
      {
        title: 'one client, median',
        unit: 'ms',
        series: [
          { name: 'submit → first line', values: sites.map((_, at) => spreadOf(of('begin', at)).median) },
          { name: 'newest 50 of a list', values: sites.map((_, at) => spreadOf(of('list', at)).median) }
        ]
      }
    ]
  })
  const lines = [
    { figure: 'perSecond', what: '8 clients submitting', unit: 'jobs/s' },
    { figure: 'begin', what: 'submit → first line', unit: 'ms' },
    { figure: 'list', what: 'newest 50 of a list', unit: 'ms' }
  ] as const
  return lines.flatMap(({ figure, what, unit }) =>
    sites.map(({ instances }, at) => ({
      what: `${what}, history ${instances.toLocaleString('en-US')}`,
      unit,
      values: of(figure, at),
      reference: { name: 'empty history', values: of(figure, 0) }
    }))
  )
}

/** Medians of milliseconds. */
async function latencies(url: string, times: number): Promise<{ begin: number; list: number }> {
  const http = await openHttpConnection(url)
  const [begin, list]: [number[], number[]] = [[], []]
  try {
    for (let at = 0; at < times; at++) {
      await delay(FOLLOW_MS)
      const submitted = process.hrtime.bigint()
      const instanceId = await submit(http, 'begin-time')
      await followToCompleted(http, instanceId, FOLLOW_MS)
      begin.push(Number(BigInt(await exitStatusOf(http, instanceId)) - submitted) / 1e6)
      const asked = performance.now()
      await http.request('GET', '/ibm/api/batch/v4/jobinstances')
      list.push(performance.now() - asked)
    }
  } finally {
    http.close()
  }
  const median = (values: number[]) =>
    quantile(
      values.toSorted((a, b) => a - b),
      0.5
    )
  return { begin: median(begin), list: median(list) }
}

async function overClients(bench: Bench, site: Site): Promise<readonly Measurement[]> {
  const counts = bench.quick ? [1, 8] : CLIENTS
  const rounds = await repeat(RUNS, async () => {
    const round = []
    for (const clients of counts) round.push(await waitingClients(bench, site, clients))
    return round
  })
  const of = (figure: 'perSecond' | 'median' | 'p95', at: number) =>
    spreadOf(rounds.map(round => round[at]![figure])).median
  await plot(bench, 'growth-clients.svg', {
    title: 'Clients that wait for their job',
    steps: 'clients',
    labels: counts.map(String),
    panels: [
      {
        title: 'no-op jobs',
        unit: 'jobs/s',
        series: [{ name: 'COMPLETED', values: counts.map((_, at) => of('perSecond', at)) }]
      },
      {
        title: 'submit → COMPLETED',
        unit: 'ms',
        series: [
          { name: 'median', values: counts.map((_, at) => of('median', at)) },
          { name: '95th percentile', values: counts.map((_, at) => of('p95', at)) }
        ]
      }
    ]
  })
  return counts.map((clients, at) => ({
    what: `${clients} waiting ${clients === 1 ? 'client' : 'clients'}`,
    unit: 'jobs/s',
    values: rounds.map(round => round[at]!.perSecond),
    aside: `submit → COMPLETED ${of('median', at).toFixed(1)} ms, p95 ${of('p95', at).toFixed(1)} ms`
  }))
}

async function waitingClients(bench: Bench, { url, databaseUrl }: Site, clients: number) {
  const connections = await Promise.all(Array.from({ length: clients }, () => openHttpConnection(url)))
  const instances: number[] = []
  const begun = performance.now()
  const end = begun + (bench.quick ? 1000 : 3000)
  try {
    await Promise.all(
      connections.map(async http => {
        while (performance.now() < end) {
          bench.signal.throwIfAborted()
          const instanceId = await submit(http, 'noop')
          await followToCompleted(http, instanceId, FOLLOW_MS)
          instances.push(instanceId)
        }
      })
    )
  } finally {
    for (const http of connections) http.close()
  }
  const perSecond = (instances.length * 1000) / (performance.now() - begun)
  const took = await query<{ ms: number }>(
    databaseUrl,
    /* sql */ `select extract(epoch from end_time - create_time)::float8 * 1000 as ms
    from batchyard.job_execution where instance_id = any($1::bigint[]) order by 1`,
    [instances]
  )
  const ms = took.map(row => row.ms)
  return { perSecond, median: quantile(ms, 0.5), p95: quantile(ms, 0.95) }
}

/** Beside bench/results.md, and as that not when it was only tried. */
async function plot(bench: Bench, file: string, chart: Omit<LineChart, 'notes'>): Promise<void> {
  const directory = bench.quick ? path.join(bench.directory, 'plots') : import.meta.dirname
  await mkdir(directory, { recursive: true })
  const notes = await machineLines(bench.postgres.version)
  await writeFile(path.join(directory, file), lineChart({ ...chart, notes }))
}
