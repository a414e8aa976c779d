// What a server costs before it does anything: how soon it is ready on an existing database, and what it takes of the memory.
import { setTimeout as delay } from 'node:timers/promises'
import path from 'node:path'
import { change, followTo, followToCompleted, submit } from './harness/bench-job.ts'
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'
import { startBareServer } from './harness/bare-process.ts'
import { openHttpConnection } from './harness/http-connection.ts'
import { residentMb } from './harness/process-memory.ts'
import { startBenchServer } from './harness/server-process.ts'

const RUNS = 3
const THREADS = 16
const WAITING = 10_000
const SUBMITTED = 4000
const POLL_MS = 10

export const startUp: Benchmark = {
  name: 'start-up',
  about:
    'From the start of the process until /readyz answers 200, on a database that is there, with an embedded PostgreSQL whose data are there, and until a first job is COMPLETED; beside a bare Fastify + pg server until it listens. Then resident memory of the server’s process (without PostgreSQL): idle, for each thread at work, and for 10,000 jobs that wait.',
  minutes: 5,
  run
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const databaseUrl = await bench.postgres.database()
  await (await startBenchServer(bench, databaseUrl)).stop()
  const embedded = {
    environment: { BATCH_DATA_DIR: path.join(bench.directory, 'embedded') },
    pollMs: POLL_MS
  }
  await (await startBenchServer(bench, null, embedded)).stop()
  const rounds = await repeat(RUNS, async () => {
    bench.signal.throwIfAborted()
    const bare = await startBareServer(bench, databaseUrl)
    await bare.stop()
    const given = await startBenchServer(bench, databaseUrl, { pollMs: POLL_MS })
    const begun = performance.now()
    const http = await openHttpConnection(given.url)
    await followToCompleted(http, await submit(http, 'noop'))
    const firstJob = given.readyMs + performance.now() - begun
    http.close()
    await given.stop()
    const own = await startBenchServer(bench, null, embedded)
    await own.stop()
    return { bare: bare.readyMs, given: given.readyMs, own: own.readyMs, firstJob }
  })
  const reference = { name: 'bare Fastify + pg', values: rounds.map(({ bare }) => bare) }
  return [
    {
      what: 'ready, database given',
      unit: 'ms',
      values: rounds.map(({ given }) => given),
      reference,
      budget: '≤ 2,000'
    },
    {
      what: 'ready, embedded PostgreSQL',
      unit: 'ms',
      values: rounds.map(({ own }) => own),
      reference,
      budget: '≤ 2,000'
    },
    { what: 'first job COMPLETED', unit: 'ms', values: rounds.map(({ firstJob }) => firstJob), reference },
    ...(await memory(bench))
  ]
}

async function memory(bench: Bench): Promise<readonly Measurement[]> {
  const rounds = await repeat(RUNS - 1, async () => {
    bench.signal.throwIfAborted()
    // A new one: what waits at a round's end would run in the next.
    const server = await startBenchServer(bench, await bench.postgres.database(), {
      environment: { BATCH_THREADS: String(THREADS) }
    })
    const resident = async () => (await residentMb(server.pid)) ?? Number.NaN
    const http = await openHttpConnection(server.url)
    const settled = () => delay(bench.quick ? 1000 : 5000, null, { signal: bench.signal })
    await settled()
    const idle = await resident()
    const blockers: number[] = []
    for (let at = 0; at < THREADS; at++) blockers.push(await submit(http, 'until-stopped'))
    for (const instance of blockers) await followTo(http, instance, 'DISPATCHED', bench.signal)
    await settled()
    const busy = await resident()
    const waiting = bench.quick ? 500 : SUBMITTED
    const clients = await Promise.all(Array.from({ length: 8 }, () => openHttpConnection(server.url)))
    await Promise.all(
      clients.map(async client => {
        for (let at = 0; at < waiting / 8; at++) await submit(client, 'noop')
        client.close()
      })
    )
    await settled()
    const full = await resident()
    for (const instance of blockers) await change(http, instance, 'stop')
    http.close()
    await server.stop()
    return { idle, thread: (busy - idle) / THREADS, waiting: ((full - busy) / waiting) * WAITING }
  })
  if (rounds.some(({ idle }) => Number.isNaN(idle))) {
    bench.say('no memory: there is no /proc on this system')
    return []
  }
  return [
    { what: 'memory, idle', unit: 'MB', values: rounds.map(({ idle }) => idle), budget: '≤ 250' },
    { what: 'memory, each thread at work', unit: 'MB', values: rounds.map(({ thread }) => thread) },
    { what: `memory, ${WAITING} waiting jobs`, unit: 'MB', values: rounds.map(({ waiting }) => waiting) }
  ]
}
