// How long a client waits for its job to begin on an idle server, beside one commit of the same Postgres.
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { exitStatusOf, followToCompleted, submit } from './harness/bench-job.ts'
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'
import { type HttpConnection, openHttpConnection } from './harness/http-connection.ts'
import { startBenchServer } from './harness/server-process.ts'
import { quantile, spreadOf } from './harness/spread.ts'
import { steadyLoad } from './harness/steady-load.ts'

const RUNS = 3
/** Jobs of others, a second. */
const LOAD = 50
/** The server is idle again: its last job has ended, and nothing is at work. */
const PAUSE_MS = 20

export const submitLatency: Benchmark = {
  name: 'submit-latency',
  about:
    "From before the submit until the batchlet's first line, one client, on an idle server and then on one with other clients' jobs, on the clock both processes share; the value of a run is its median. Beside it one commit: an INSERT by pg, as far apart.",
  minutes: 3,
  run
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const databaseUrl = await bench.postgres.database()
  const { url } = await startBenchServer(bench, databaseUrl)
  const http = await openHttpConnection(url)
  const db = new pg.Client({ connectionString: databaseUrl })
  await db.connect()
  try {
    await db.query('create table public.commit_probe (at timestamptz not null)')
    const jobs = bench.quick ? 20 : 200
    await latencies(http, 30)
    const rounds = await repeat(RUNS, async () => {
      bench.signal.throwIfAborted()
      const idle = { commit: await commits(db, jobs), ...(await latencies(http, jobs)) }
      const over = new AbortController()
      const load = steadyLoad({ url, databaseUrl, perSecond: LOAD, until: over.signal })
      const { begin } = await latencies(http, jobs / 4).finally(() => over.abort())
      await load
      return { ...idle, loaded: begin }
    })
    const medians = (of: 'begin' | 'answer' | 'commit' | 'loaded') =>
      rounds.map(round => quantile(round[of], 0.5))
    const p95 = (of: 'begin' | 'answer' | 'loaded') =>
      `p95 ${spreadOf(rounds.map(round => quantile(round[of], 0.95))).median.toFixed(1)} ms`
    const reference = { name: 'one commit', values: medians('commit') }
    return [
      {
        what: 'submit → first line',
        unit: 'ms',
        values: medians('begin'),
        reference,
        budget: '≤ 10 ms, ≤ 4 ×',
        aside: p95('begin')
      },
      { what: 'submit → 201', unit: 'ms', values: medians('answer'), reference, aside: p95('answer') },
      {
        what: `submit → first line, ${LOAD} other jobs a second`,
        unit: 'ms',
        values: medians('loaded'),
        reference,
        aside: p95('loaded')
      },
      { what: 'one commit', unit: 'ms', values: medians('commit') }
    ]
  } finally {
    http.close()
    await db.end()
  }
}

/** Milliseconds, ascending. */
async function latencies(http: HttpConnection, jobs: number) {
  const begin: number[] = []
  const answer: number[] = []
  for (let job = 0; job < jobs; job++) {
    await delay(PAUSE_MS)
    const submitted = process.hrtime.bigint()
    const instanceId = await submit(http, 'begin-time')
    answer.push(Number(process.hrtime.bigint() - submitted) / 1e6)
    // Slowly: asking is work for the server too.
    await followToCompleted(http, instanceId, PAUSE_MS)
    begin.push(Number(BigInt(await exitStatusOf(http, instanceId)) - submitted) / 1e6)
  }
  const ascending = (a: number, b: number) => a - b
  return { begin: begin.toSorted(ascending), answer: answer.toSorted(ascending) }
}

async function commits(db: pg.Client, count: number): Promise<number[]> {
  const took: number[] = []
  for (let at = 0; at < count; at++) {
    await delay(PAUSE_MS)
    const begun = performance.now()
    await db.query('insert into public.commit_probe values (clock_timestamp())')
    took.push(performance.now() - begun)
  }
  return took.toSorted((a, b) => a - b)
}
