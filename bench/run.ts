// `npm run bench [-- name …]`: runs the benchmarks one after the other on one PostgreSQL, prints and keeps what they came to.
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { bulkJobs } from './bulk-jobs.ts'
import { chunkCommits } from './chunk-commits.ts'
import { csvToPostgres } from './csv-to-postgres.ts'
import { growth } from './growth.ts'
import type { Benchmark } from './harness/benchmark.ts'
import { startBenchPostgres } from './harness/bench-postgres.ts'
import { machineLines } from './harness/machine.ts'
import { keepResults, tableOf } from './harness/report.ts'
import { inMemoryChunk } from './in-memory-chunk.ts'
import { jobLogs } from './job-logs.ts'
import { largeJobs } from './large-jobs.ts'
import { listFilters } from './list-filters.ts'
import { noopJobs } from './noop-jobs.ts'
import { noopProfile } from './noop-profile.ts'
import { partitionSpeedUp } from './partition-speed-up.ts'
import { purgePlan } from './purge-plan.ts'
import { purgeRate } from './purge-rate.ts'
import { reads } from './reads.ts'
import { recoveryTime } from './recovery-time.ts'
import { restartCost } from './restart-cost.ts'
import { scheduleClock } from './schedule-clock.ts'
import { startUp } from './start-up.ts'
import { submitLatency } from './submit-latency.ts'

const BENCHMARKS: readonly Benchmark[] = [
  noopJobs,
  submitLatency,
  chunkCommits,
  csvToPostgres,
  inMemoryChunk,
  bulkJobs,
  partitionSpeedUp,
  restartCost,
  reads,
  jobLogs,
  purgeRate,
  purgePlan,
  startUp,
  largeJobs,
  scheduleClock,
  growth,
  recoveryTime,
  listFilters,
  noopProfile
]

const USAGE = `npm run bench [-- name …] [--quick | --full] [--instances n]

  ${BENCHMARKS.map(({ name, onlyByName }) => `${name}${onlyByName === true ? ' (only when it is named)' : ''}`).join('\n  ')}

  --quick        short runs, to see whether a benchmark works; nothing is kept in bench/results.md
  --full         the sizes of the budgets: histories of 1,000,000 instances instead of 200,000, a manifest and a CSV file of
                 1,000,000 rows; half an hour more
  --instances n  another size of those histories

Measured is the PostgreSQL of BATCH_DATABASE_URL (on this machine; databases of its own), or an embedded one.`

function choiceOf() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      instances: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  const unknown = positionals.filter(name => !BENCHMARKS.some(benchmark => benchmark.name === name))
  const instances = Number(values.instances ?? (values.full ? 1_000_000 : 200_000))
  if (values.help || unknown.length > 0 || !Number.isInteger(instances) || instances < 1000) {
    if (unknown.length > 0) console.error(`There is no benchmark ${unknown.join(', ')}.\n`)
    console.log(USAGE)
    process.exit(values.help ? 0 : 2)
  }
  const benchmarks = BENCHMARKS.filter(({ name, onlyByName }) =>
    positionals.length > 0 ? positionals.includes(name) : onlyByName !== true
  )
  return { benchmarks, quick: values.quick, full: values.full, instances }
}

const interrupted = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => interrupted.abort(new Error(`interrupted by ${name}`)))

const { benchmarks, quick, full, instances } = choiceOf()
const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-bench-')))
// The database's user, where it is another one, reads the CSV file below.
await chmod(directory, 0o755)
try {
  const postgres = await startBenchPostgres(path.join(directory, 'data'), benchmarks.includes(noopProfile))
  try {
    for (const benchmark of benchmarks) {
      try {
        await measure(benchmark, postgres)
      } catch (error) {
        // The others are worth their figures.
        interrupted.signal.throwIfAborted()
        console.error(error)
        process.exitCode = 1
      }
    }
  } finally {
    await postgres.stop()
  }
} catch (error) {
  console.error(interrupted.signal.aborted ? String(interrupted.signal.reason) : error)
  process.exitCode = 1
} finally {
  await rm(directory, { recursive: true, force: true, maxRetries: 5 })
}

async function measure(
  benchmark: Benchmark,
  postgres: Awaited<ReturnType<typeof startBenchPostgres>>
): Promise<void> {
  const { name, about, minutes } = benchmark
  interrupted.signal.throwIfAborted()
  const begun = performance.now()
  const machine = await machineLines(postgres.version)
  console.log(`\n${name}: ${about}\n${machine.join('\n')}`)
  const own = await mkdtemp(path.join(directory, `${name}-`))
  await chmod(own, 0o755)
  const releases: (() => Promise<unknown>)[] = []
  const timeout = new AbortController()
  const timer = setTimeout(
    () => timeout.abort(new Error(`${name} takes longer than its ${minutes} minutes`)),
    minutes * 60_000
  )
  try {
    const signal = AbortSignal.any([interrupted.signal, timeout.signal])
    const running = benchmark.run({
      postgres,
      directory: own,
      quick,
      full,
      instances,
      signal,
      atEnd: release => releases.push(release),
      say: line => console.log(`  ${line}`)
    })
    // What it waits for may never come; whatever it still does fails when its server and its database are gone.
    running.catch(() => {})
    const measurements = await Promise.race([running, aborted(signal)])
    console.log(tableOf(measurements))
    console.log(`${name} took ${((performance.now() - begun) / 1000).toFixed(0)} s`)
    if (!quick) await keepResults(benchmark, machine, measurements)
  } finally {
    clearTimeout(timer)
    for (let release = releases.pop(); release !== undefined; release = releases.pop()) await release()
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => {})
  if (signal.aborted) reject(signal.reason)
  else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}
