// How long a job stands still when its server is killed: taken up by another server after the lease, or by a new start at once.
import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { submit } from './harness/bench-job.ts'
import type { Bench, Benchmark, Measurement } from './harness/benchmark.ts'
import { openHttpConnection } from './harness/http-connection.ts'
import { startBenchServer } from './harness/server-process.ts'

const RUNS = 3
/** The default of BATCH_LEASE_SECONDS. */
const LEASE_SECONDS = 20

export const recoveryTime: Benchmark = {
  name: 'recovery-time',
  about:
    'From kill -9 of a server in the middle of a chunk job, under resume, until the next chunk of the job is committed: by another server, which has to wait for the lease of 20 s and sweeps every 5 s, and by a new start under the same id (its start-up included). The reference is the lease.',
  minutes: 8,
  run
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const runs = bench.quick ? 1 : RUNS
  const byAnother: number[] = []
  const byItself: number[] = []
  for (let at = 0; at < runs; at++) {
    byAnother.push(await killed(bench, 'another'))
    byItself.push(await killed(bench, 'itself'))
  }
  return [
    {
      what: 'kill -9 → next chunk, by another server',
      unit: 's',
      values: byAnother,
      reference: { name: 'the lease', values: [LEASE_SECONDS] },
      budget: '≤ lease + 5 s'
    },
    { what: 'kill -9 → next chunk, by a new start of the same id', unit: 's', values: byItself }
  ]
}

async function killed(bench: Bench, by: 'another' | 'itself'): Promise<number> {
  const databaseUrl = await bench.postgres.database()
  const directory = await mkdtemp(path.join(bench.directory, `${by}-`))
  // The id of a server has its data folder in it.
  const start = (name: string) =>
    startBenchServer(bench, databaseUrl, {
      pollMs: 10,
      environment: {
        BATCH_RECOVERY: 'resume',
        BATCH_LEASE_SECONDS: String(LEASE_SECONDS),
        BATCH_SERVER_ID: name,
        BATCH_DATA_DIR: path.join(directory, name),
        BATCH_JOBLOG_DIR: path.join(directory, 'joblogs')
      }
    })
  const db = new pg.Client({ connectionString: databaseUrl })
  await db.connect()
  try {
    const victim = await start('victim')
    const http = await openHttpConnection(victim.url)
    const instanceId = await submit(http, 'count', { items: '1000000000', itemCount: '1000' })
    await until(bench, async () => (await committed(db, instanceId)) >= 3)
    http.close()
    // Not before: it would have taken the job.
    let living = by === 'another' ? await start('another') : null
    const began = performance.now()
    process.kill(victim.pid, 'SIGKILL')
    await victim.stop()
    const then = await committed(db, instanceId)
    living ??= await start('victim')
    await until(bench, async () => (await committed(db, instanceId)) > then)
    const seconds = (performance.now() - began) / 1000
    bench.say(`${by}: ${seconds.toFixed(1)} s`)
    await living.stop()
    return seconds
  } finally {
    await db.end()
  }
}

async function committed(db: pg.Client, instanceId: number): Promise<number> {
  const { rows } = await db.query<{ chunks: number }>(
    'select coalesce(sum(commit_count), 0)::int as chunks from batchyard.step_execution where instance_id = $1',
    [instanceId]
  )
  return rows[0]!.chunks
}

async function until(bench: Bench, look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) {
    bench.signal.throwIfAborted()
    await delay(25)
  }
}
