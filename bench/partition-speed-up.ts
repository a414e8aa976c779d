// How much faster a step gets in partitions: work for the processor and waiting, in one server and over two.
import { Worker } from 'node:worker_threads'
import { once } from 'node:events'
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'
import { startBenchServer } from './harness/server-process.ts'
import { runStep } from './harness/step-seconds.ts'

const RUNS = 3
const PARTITIONS = [1, 2, 4, 8, 16, 32, 64]
const THREADS = 64

export const partitionSpeedUp: Benchmark = {
  name: 'partition-speed-up',
  about:
    'The same work in 1 to 64 partitions of one step, by one server with 64 threads and over two with 32 each; how many times as fast as in one partition. Beside the work for a processor bare worker threads, beside the waiting what waiting at once comes to.',
  minutes: 8,
  run
}

interface Site {
  readonly name: string
  readonly url: string
  readonly databaseUrl: string
  readonly everywhere: string
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const millions = bench.quick ? 100 : 1600
  const waits = bench.quick ? 16 : 128
  const counts = bench.quick ? [1, 2, 8] : PARTITIONS
  const threads = bench.quick ? 8 : THREADS
  const measurements: Measurement[] = []
  for (const servers of [1, 2]) {
    const databaseUrl = await bench.postgres.database()
    const environment = { BATCH_THREADS: String(threads / servers), BATCH_MAX_THREADS: '80' }
    const started = []
    for (let at = 1; at <= servers; at++)
      started.push(
        await startBenchServer(bench, databaseUrl, {
          environment: { ...environment, BATCH_SERVER_ID: `server${at}` }
        })
      )
    const site: Site = {
      name: servers === 1 ? 'one server' : 'two servers',
      url: started[0]!.url,
      databaseUrl,
      everywhere: String(servers > 1)
    }
    // Threads are started and code is compiled before anything counts.
    await seconds(site, threads, 2, 0)
    await seconds(site, threads, 0, 2)
    measurements.push(
      ...(await cpuBound(bench, site, millions)),
      ...(await ioBound(bench, site, counts, waits))
    )
    for (const server of started) await server.stop()
  }
  return measurements
}

async function cpuBound(bench: Bench, site: Site, millions: number): Promise<readonly Measurement[]> {
  const rounds = await repeat(RUNS, async () => {
    bench.signal.throwIfAborted()
    const [one, two, four] = [
      await seconds(site, 1, millions, 0),
      await seconds(site, 2, millions, 0),
      await seconds(site, 4, millions, 0)
    ]
    const [bareOne, bareTwo] = [await bare(1, millions), await bare(2, millions)]
    return { two: one / two, four: one / four, bare: bareOne / bareTwo }
  })
  const reference = { name: 'bare worker threads, 2', values: rounds.map(({ bare: twice }) => twice) }
  return [
    {
      what: `processor, 2 partitions, ${site.name}`,
      unit: '× one',
      values: rounds.map(({ two }) => two),
      reference,
      budget: '≥ 1.9'
    },
    {
      what: `processor, 4 partitions, ${site.name}`,
      unit: '× one',
      values: rounds.map(({ four }) => four),
      reference
    }
  ]
}

/** The reference is arithmetic: so many waits of 20 ms in so many partitions at once. */
async function ioBound(
  bench: Bench,
  site: Site,
  counts: readonly number[],
  waits: number
): Promise<readonly Measurement[]> {
  const rounds = await repeat(RUNS, async () => {
    const took: number[] = []
    for (const count of counts) {
      bench.signal.throwIfAborted()
      took.push(await seconds(site, count, 0, waits))
    }
    return took
  })
  return counts.map((count, at) => ({
    what: `waiting, ${count} ${count === 1 ? 'partition' : 'partitions'}, ${site.name}`,
    unit: 's',
    values: rounds.map(took => took[at]!),
    reference: { name: 'at once', values: [(Math.ceil(waits / count) * 20) / 1000] },
    aside: `${(rounds[0]![0]! / rounds[0]![at]!).toFixed(1)} × one partition`
  }))
}

async function seconds(site: Site, partitions: number, millions: number, waits: number): Promise<number> {
  const step = await runStep(site, 'partitions', {
    partitions: String(partitions),
    millions: String(millions / partitions),
    waits: String(Math.ceil(waits / partitions)),
    everywhere: site.everywhere
  })
  return step.seconds
}

/** Seconds from the word to start until all have ended; their start is not counted. */
async function bare(threads: number, millions: number): Promise<number> {
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('harness/spin-thread.ts', import.meta.url), { workerData: millions / threads })
  )
  await Promise.all(workers.map(worker => once(worker, 'message')))
  const begun = performance.now()
  const done = workers.map(worker => once(worker, 'message'))
  for (const worker of workers) worker.postMessage('go')
  await Promise.all(done)
  const took = (performance.now() - begun) / 1000
  await Promise.all(workers.map(worker => worker.terminate()))
  return took
}
