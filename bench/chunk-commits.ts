// Chunk commits a second of one step that writes nothing itself: what a checkpoint costs, beside pgbench with one client.
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'
import { commitReference } from './harness/pgbench.ts'
import { startBenchServer } from './harness/server-process.ts'
import { runStep } from './harness/step-seconds.ts'

const RUNS = 3
const ITEM_COUNT = 5

export const chunkCommits: Benchmark = {
  name: 'chunk-commits',
  about: `One step, item-count ${ITEM_COUNT}, a writer without a database: each chunk is one guarded commit of its checkpoint.`,
  minutes: 4,
  run
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const reference = await commitReference(bench)
  const databaseUrl = await bench.postgres.database()
  const { url } = await startBenchServer(bench, databaseUrl)
  const items = String(ITEM_COUNT * (bench.quick ? 500 : 10_000))
  const load = () => runStep({ url, databaseUrl }, 'count', { items, itemCount: String(ITEM_COUNT) })
  await load()
  const rounds = await repeat(RUNS, async () => {
    bench.signal.throwIfAborted()
    const one = await reference.perSecond(1)
    const { commits, seconds } = await load()
    return { one, rate: commits / seconds }
  })
  return [
    {
      what: `item-count ${ITEM_COUNT}`,
      unit: 'commits/s',
      values: rounds.map(({ rate }) => rate),
      reference: { name: `${reference.name} -c 1`, values: rounds.map(({ one }) => one) },
      budget: '≥ 0.5 ×'
    }
  ]
}
