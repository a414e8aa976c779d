// Where the time of no-op jobs goes: functions of the server's processor profile, and the statements of the database.
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { query } from './harness/bench-postgres.ts'
import type { Bench, Benchmark, Measurement } from './harness/benchmark.ts'
import { type CpuProfile, selfTimes } from './harness/cpu-profile.ts'
import { runNoops } from './harness/noop-load.ts'
import { startBenchServer } from './harness/server-process.ts'

const SHOWN = 45

export const noopProfile: Benchmark = {
  name: 'noop-profile',
  about:
    'No-op jobs, 8 clients submitting, under a processor profile: milliseconds of the server and statements for a job.',
  minutes: 3,
  onlyByName: true,
  run
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const databaseUrl = await bench.postgres.database()
  const profiles = path.join(bench.directory, 'profiles')
  const server = await startBenchServer(bench, databaseUrl, {
    nodeOptions: ['--cpu-prof', `--cpu-prof-dir=${profiles}`, '--cpu-prof-interval=500']
  })
  const load = { url: server.url, databaseUrl, clients: 8, waits: false, signal: bench.signal }
  const warm = await runNoops({ ...load, seconds: 2, jobs: 1000 })
  if (bench.postgres.countsStatements) {
    await query(databaseUrl, 'create extension if not exists pg_stat_statements with schema public')
    await query(databaseUrl, 'select public.pg_stat_statements_reset()')
  }
  const [commitsBefore, walBefore] = [await commits(databaseUrl), await walBytes(databaseUrl)]
  const from = process.hrtime.bigint()
  const { jobs, perSecond } = await runNoops({
    ...load,
    seconds: 8,
    jobs: Math.ceil(warm.perSecond * 16)
  })
  const to = process.hrtime.bigint()
  const wal = (await walBytes(databaseUrl)) - walBefore
  await sayStages(bench, databaseUrl, '8 clients submitting')
  if (bench.postgres.countsStatements) await sayStatements(bench, databaseUrl, jobs)
  // The statistics of a session reach the view within a second of its next idle moment.
  await new Promise(resolve => setTimeout(resolve, 1500))
  const committed = (await commits(databaseUrl)) - commitsBefore
  if (bench.postgres.countsStatements) await query(databaseUrl, 'select public.pg_stat_statements_reset()')
  const alone = await runNoops({ ...load, clients: 1, seconds: 3, jobs: 1000, waits: true })
  if (bench.postgres.countsStatements) await sayLaunch(bench, databaseUrl, alone.jobs)
  await sayStages(bench, databaseUrl, '1 client waiting')
  await server.stop()
  const busy = await sayProfiles(bench, profiles, from, to)
  return [
    { what: 'jobs under the profile', unit: 'jobs/s', values: [perSecond] },
    { what: "server's own thread for a job", unit: 'ms', values: [busy / jobs] },
    { what: 'transactions for a job', unit: '', values: [committed / jobs] },
    { what: 'WAL for a job', unit: 'kB', values: [wal / jobs / 1024] }
  ]
}

async function commits(databaseUrl: string): Promise<number> {
  const [row] = await query<{ count: number }>(
    databaseUrl,
    'select xact_commit::float8 as count from pg_stat_database where datname = current_database()'
  )
  return row!.count
}

async function walBytes(databaseUrl: string): Promise<number> {
  const [row] = await query<{ bytes: number }>(
    databaseUrl,
    `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as bytes`
  )
  return row!.bytes
}

/** Medians over the newest jobs, by the database's clock: each commit's time is taken while it is under way. */
async function sayStages(bench: Bench, databaseUrl: string, load: string): Promise<void> {
  const between = (from: string, to: string) =>
    `round((percentile_cont(0.5) within group (order by extract(epoch from ${to} - ${from}) * 1000))::numeric, 1)::text`
  const [stages] = await query<Record<string, string>>(
    databaseUrl,
    /* sql */ `select ${between('e.create_time', 'e.start_time')} as "submit → start",
      ${between('e.start_time', 's.start_time')} as "→ step start", ${between('s.start_time', 's.end_time')} as "→ step end",
      ${between('s.end_time', 'e.end_time')} as "→ end"
    from (select * from batchyard.job_execution order by execution_id desc limit 100) e
      join batchyard.step_execution s using (execution_id)`
  )
  const told = Object.entries(stages!).map(([stage, ms]) => `${stage} ${ms} ms`)
  bench.say(`${load}: ${told.join(', ')}`)
}

async function sayStatements(bench: Bench, databaseUrl: string, jobs: number): Promise<void> {
  const statements = await query<{ calls: number; ms: number; planned: number; wal: number; text: string }>(
    databaseUrl,
    /* sql */ `select calls::int, (total_exec_time + total_plan_time)::float8 as ms, total_plan_time::float8 as planned, wal_bytes::float8 as wal,
      regexp_replace(left(query, 400), '\\s+', ' ', 'g') as text
    from public.pg_stat_statements join pg_database d on d.oid = dbid and d.datname = current_database()
    order by 2 desc limit 20`
  )
  bench.say(
    `statements, for each of ${jobs} jobs: calls, ms in the database (of them planning), bytes of WAL`
  )
  for (const { calls, ms, planned, wal, text } of statements)
    bench.say(
      `${(calls / jobs).toFixed(3)}  ${(ms / jobs).toFixed(4)} ms (${(planned / jobs).toFixed(4)})  ${(wal / jobs).toFixed(0).padStart(5)} B  ${text.trim().slice(0, 150)}`
    )
}

/** What a launch asks when no other is under way; what the client asks, and what comes in a rhythm of its own, is left out. */
async function sayLaunch(bench: Bench, databaseUrl: string, jobs: number): Promise<void> {
  const statements = await query<{ calls: number; text: string }>(
    databaseUrl,
    /* sql */ `select calls::int, regexp_replace(left(query, 400), '\\s+', ' ', 'g') as text
    from public.pg_stat_statements join pg_database d on d.oid = dbid and d.datname = current_database()
    where calls >= $1::float8 * 0.9 and query ~ '^\\s*(with|insert|update|delete|select nextval)' order by calls desc`,
    [jobs]
  )
  bench.say('statements of one launch, 1 client waiting: calls for a job')
  for (const { calls, text } of statements)
    bench.say(`${(calls / jobs).toFixed(2)}  ${text.trim().slice(0, 150)}`)
}

/** Milliseconds the server was busy. Executor threads that are ended leave no profile. */
async function sayProfiles(bench: Bench, directory: string, from: bigint, to: bigint): Promise<number> {
  let busy = 0
  for (const file of await readdir(directory)) {
    const profile = JSON.parse(await readFile(path.join(directory, file), 'utf8')) as CpuProfile
    const { busyMs, totalMs, functions } = selfTimes(profile, from, to)
    busy += busyMs
    bench.say(`${file}: busy ${busyMs.toFixed(0)} of ${totalMs.toFixed(0)} ms`)
    for (const { where, ms } of functions.slice(0, SHOWN))
      bench.say(`  ${((100 * ms) / busyMs).toFixed(1).padStart(5)} %  ${where}`)
  }
  return busy
}
