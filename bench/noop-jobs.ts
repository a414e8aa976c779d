// No-op jobs a second over HTTP, durably queued and COMPLETED, beside what the same Postgres commits for pgbench.
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'
import { runNoops } from './harness/noop-load.ts'
import { commitReference } from './harness/pgbench.ts'
import { startBenchServer } from './harness/server-process.ts'

const RUNS = 3

const LOADS = [
  { clients: 8, waits: false, budget: '≥ 0.19 ×' },
  { clients: 64, waits: false, budget: '≥ 0.35 ×' },
  { clients: 8, waits: true },
  { clients: 1, waits: true }
] as const

export const noopJobs: Benchmark = {
  name: 'noop-jobs',
  about:
    'Jobs of one no-op batchlet, submitted by HTTP and followed until all are COMPLETED; in rounds of reference and loads, so that all of a round see the same machine.',
  minutes: 8,
  run
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const reference = await commitReference(bench)
  const databaseUrl = await bench.postgres.database()
  const { url } = await startBenchServer(bench, databaseUrl)
  const shared = { url, databaseUrl, signal: bench.signal }
  const seconds = bench.quick ? 1 : 5
  // Threads are started and code is compiled before anything counts.
  const warm = await runNoops({ ...shared, clients: 8, seconds: 3, jobs: 1000, waits: false })
  const jobs = Math.ceil(warm.perSecond * seconds * 3)

  const rounds = await repeat(RUNS, async at => {
    bench.signal.throwIfAborted()
    const [eight, one] = [await reference.perSecond(8), await reference.perSecond(1)]
    const rates: number[] = []
    for (const { clients, waits } of LOADS)
      rates.push((await runNoops({ ...shared, clients, seconds, jobs, waits })).perSecond)
    bench.say(
      `round ${at + 1}: ${reference.name} ${eight.toFixed(0)}, ${one.toFixed(0)}; jobs/s ${rates.map(rate => rate.toFixed(0)).join(', ')}`
    )
    return { eight, one, rates }
  })
  return [
    ...LOADS.map((load, at): Measurement => {
      const { clients, waits } = load
      return {
        what: `${clients} ${clients === 1 ? 'client' : 'clients'} ${waits ? 'waiting for each end' : 'submitting'}`,
        unit: 'jobs/s',
        values: rounds.map(round => round.rates[at]!),
        reference:
          clients === 1
            ? { name: `${reference.name} -c 1`, values: rounds.map(round => round.one) }
            : { name: `${reference.name} -c 8`, values: rounds.map(round => round.eight) },
        ...('budget' in load ? { budget: load.budget } : {})
      }
    }),
    { what: `${reference.name} -c 8`, unit: 'tx/s', values: rounds.map(round => round.eight) },
    { what: `${reference.name} -c 1`, unit: 'tx/s', values: rounds.map(round => round.one) }
  ]
}
