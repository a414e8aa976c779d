// How fast history is purged, log files and rows, and what running work notices of it.
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { migrate } from '../src/store/migrate.ts'
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'
import { query } from './harness/bench-postgres.ts'
import { generateHistory } from './harness/generate-history.ts'
import { openHttpConnection } from './harness/http-connection.ts'
import { runNoops } from './harness/noop-load.ts'
import { startBenchServer } from './harness/server-process.ts'
import { steadyLoad } from './harness/steady-load.ts'

const RUNS = 3
const PAGE = 1000

export const purgeRate: Benchmark = {
  name: 'purge-rate',
  about: `Bulk DELETE of instances that have ended, ${PAGE} a request, each with its log folder; instances a minute on a server that does nothing else. Then beside no-op jobs at a third of the pace the server can do: jobs begun a second and how long they waited to begin, and, as the reference, the same without a purge.`,
  minutes: 8,
  run
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const databaseUrl = await bench.postgres.database()
  await migrate(databaseUrl)
  const each = bench.quick ? 500 : 8000
  await generateHistory(databaseUrl, Math.ceil(each * RUNS * 2 * 1.05))
  const jobLogs = path.join(bench.directory, 'joblogs')
  await makeLogs(databaseUrl, jobLogs)
  const server = await startBenchServer(bench, databaseUrl, { environment: { BATCH_JOBLOG_DIR: jobLogs } })
  const warm = await runNoops({
    url: server.url,
    databaseUrl,
    clients: 8,
    seconds: bench.quick ? 1 : 4,
    jobs: 10_000,
    waits: false,
    signal: bench.signal
  })
  const load = { url: server.url, databaseUrl, perSecond: warm.perSecond / 3 }
  const alone = await repeat(RUNS, () => purge(bench, server.url, each))
  const rounds = await repeat(RUNS, async () => {
    const quiet = await steadyLoad({ ...load, until: AbortSignal.timeout(bench.quick ? 1000 : 5000) })
    await delay(500)
    const purging = new AbortController()
    const loaded = steadyLoad({ ...load, until: purging.signal })
    const rate = await purge(bench, server.url, each).finally(() => purging.abort())
    return { quiet, rate, loaded: await loaded }
  })
  const name = 'without a purge'
  return [
    { what: 'purged, nothing beside it', unit: 'a minute', values: alone, budget: '≥ 50,000' },
    { what: 'purged, jobs beside it', unit: 'a minute', values: rounds.map(({ rate }) => rate) },
    {
      what: 'jobs begun during a purge',
      unit: 'jobs/s',
      values: rounds.map(({ loaded }) => loaded.begunPerSecond),
      reference: { name, values: rounds.map(({ quiet }) => quiet.begunPerSecond) },
      budget: '≥ 0.9 ×'
    },
    {
      what: 'submit → start during a purge',
      unit: 'ms',
      values: rounds.map(({ loaded }) => loaded.startMs.median),
      reference: { name, values: rounds.map(({ quiet }) => quiet.startMs.median) },
      aside: `p95 ${Math.max(...rounds.map(({ loaded }) => loaded.startMs.p95)).toFixed(0)} ms at most`
    }
  ]
}

/** Instances a minute. The oldest first, as a retention rule would: those of the load are never met. */
async function purge(bench: Bench, url: string, count: number): Promise<number> {
  const http = await openHttpConnection(url)
  try {
    const begun = performance.now()
    let purged = 0
    while (purged < count) {
      bench.signal.throwIfAborted()
      const { status, body } = await http.request(
        'DELETE',
        `/ibm/api/batch/v4/jobinstances?createTime=<2d&sort=createTime&pageSize=${Math.min(PAGE, count - purged)}`
      )
      if (status !== 200) throw new Error(`a purge was answered ${status}: ${body}`)
      const results = JSON.parse(body) as { purgeStatus: string }[]
      const failed = results.find(({ purgeStatus }) => purgeStatus !== 'COMPLETED')
      if (results.length === 0 || failed !== undefined)
        throw new Error(`${results.length} purged, ${JSON.stringify(failed)}`)
      purged += results.length
    }
    return (purged * 60_000) / (performance.now() - begun)
  } finally {
    http.close()
  }
}

/** A part of two kilobytes for each execution, where the server would have written it; all have ended. */
async function makeLogs(databaseUrl: string, root: string): Promise<void> {
  await query(
    databaseUrl,
    `update batchyard.job_instance set batch_status = 'COMPLETED', instance_state = 'COMPLETED' where instance_state = 'DISPATCHED'`
  )
  await query(
    databaseUrl,
    `update batchyard.job_execution set log_path = 'bench/2026-01-31/instance.' || instance_id || '/execution.' || execution_id || '/'`
  )
  const folders = await query<{ folder: string }>(
    databaseUrl,
    'select log_path as folder from batchyard.job_execution'
  )
  const text = 'a line of a job log that will never be read by anybody any more\n'.repeat(32)
  const queue = folders.values()
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const { folder } of queue) {
        await mkdir(path.join(root, folder), { recursive: true })
        await writeFile(path.join(root, folder, 'part.1.log'), text)
      }
    })
  )
}
