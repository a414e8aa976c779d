// No-op jobs a second over HTTP, durably queued and COMPLETED, beside what the same Postgres commits for pgbench.
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'
import { cpuSeconds, postgresCpuSeconds, spentBetween } from './harness/cpu-seconds.ts'
import { runNoops } from './harness/noop-load.ts'
import { commitReference } from './harness/pgbench.ts'
import { type BenchServer, startBenchServer } from './harness/server-process.ts'
import { spreadOf } from './harness/spread.ts'

const RUNS = 3

/** What docs/scaling.md advises for jobs that are as short as a commit. */
const MANY_THREADS = '16'

const LOADS = [
  { servers: '1 server', clients: 8, waits: false, budget: '≥ 0.19 ×' },
  { servers: '1 server', clients: 64, waits: false, budget: '≥ 0.35 ×' },
  { servers: '1 server', clients: 8, waits: true },
  { servers: '1 server', clients: 1, waits: true },
  { servers: '1 server of 8 threads', clients: 8, waits: false },
  { servers: '1 server of 8 threads', clients: 64, waits: false },
  { servers: '3 servers of 8 threads', clients: 8, waits: false },
  { servers: '3 servers of 8 threads', clients: 64, waits: false }
] as const

type Load = (typeof LOADS)[number]

export const noopJobs: Benchmark = {
  name: 'noop-jobs',
  about: `Jobs of one no-op batchlet, submitted by HTTP and followed until all are COMPLETED, on one server and on three that share a database; one has BATCH_THREADS=${MANY_THREADS} where nothing else is said; in rounds of reference and loads, so that all of a round see the same machine. Beside it the processor time of a job, which others on the machine change less.`,
  minutes: 10,
  run
}

/** Servers on one database of their own. */
async function startServers(bench: Bench, count: number, threads: string) {
  const databaseUrl = await bench.postgres.database()
  const servers: BenchServer[] = []
  // One by one: the first migrates it, and two would find the same port free.
  while (servers.length < count)
    servers.push(await startBenchServer(bench, databaseUrl, { environment: { BATCH_THREADS: threads } }))
  return { databaseUrl, urls: servers.map(({ url }) => url), pids: servers.map(({ pid }) => pid) }
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const reference = await commitReference(bench)
  const groups = {
    '1 server': await startServers(bench, 1, MANY_THREADS),
    '1 server of 8 threads': await startServers(bench, 1, '8'),
    '3 servers of 8 threads': await startServers(bench, 3, '8')
  }
  const seconds = bench.quick ? 1 : 5
  const noops = (load: Load, most: { readonly seconds: number; readonly jobs: number }) => {
    const { urls: url, databaseUrl } = groups[load.servers]
    return runNoops({ ...most, url, databaseUrl, ...load, signal: bench.signal })
  }
  // Each thread compiles for itself what runs often, and is at its speed after some 1,500 units: a server that has been at work.
  const warm = await noops(LOADS[0], { seconds: bench.quick ? 3 : 40, jobs: 40_000 })
  for (const load of [LOADS[4], LOADS[6]]) await noops(load, { seconds: bench.quick ? 3 : 12, jobs: 20_000 })
  const jobs = Math.ceil(warm.perSecond * seconds * 3)

  const measured = async (load: Load) => {
    const { pids, databaseUrl } = groups[load.servers]
    const before = await spentSoFar(pids, databaseUrl)
    const result = await noops(load, { seconds, jobs })
    const after = await spentSoFar(pids, databaseUrl)
    return {
      rate: result.perSecond,
      serverMs: ((after.servers - before.servers) * 1000) / result.jobs,
      postgresMs: (spentBetween(before.postgres, after.postgres) * 1000) / result.jobs
    }
  }
  const rounds = await repeat(RUNS, async at => {
    bench.signal.throwIfAborted()
    const [eight, one] = [await reference.perSecond(8), await reference.perSecond(1)]
    const loads: Awaited<ReturnType<typeof measured>>[] = []
    for (const load of LOADS) loads.push(await measured(load))
    bench.say(
      `round ${at + 1}: ${reference.name} ${eight.toFixed(0)}, ${one.toFixed(0)}; jobs/s ${loads.map(({ rate }) => rate.toFixed(0)).join(', ')}`
    )
    return { eight, one, loads }
  })
  return [
    ...LOADS.map((load, at): Measurement => {
      const values = (of: 'rate' | 'serverMs' | 'postgresMs') => rounds.map(round => round.loads[at]![of])
      const cpu = (of: 'serverMs' | 'postgresMs') => spreadOf(values(of)).median.toFixed(2)
      return {
        what: nameOf(load),
        unit: 'jobs/s',
        values: values('rate'),
        reference:
          load.clients === 1
            ? { name: `${reference.name} -c 1`, values: rounds.map(round => round.one) }
            : { name: `${reference.name} -c 8`, values: rounds.map(round => round.eight) },
        aside: `CPU of a job: ${load.servers.startsWith('1') ? 'server' : 'servers'} ${cpu('serverMs')} ms, PostgreSQL ${cpu('postgresMs')} ms`,
        ...('budget' in load ? { budget: load.budget } : {})
      }
    }),
    { what: `${reference.name} -c 8`, unit: 'tx/s', values: rounds.map(round => round.eight) },
    { what: `${reference.name} -c 1`, unit: 'tx/s', values: rounds.map(round => round.one) }
  ]
}

function nameOf({ servers, clients, waits }: Load): string {
  const who = `${clients} ${clients === 1 ? 'client' : 'clients'} ${waits ? 'waiting for each end' : 'submitting'}`
  return servers === '1 server' ? who : `${servers}, ${who}`
}

async function spentSoFar(pids: readonly number[], databaseUrl: string) {
  let servers = 0
  for (const pid of pids) servers += (await cpuSeconds(pid)) ?? Number.NaN
  return { servers, postgres: await postgresCpuSeconds(databaseUrl) }
}
