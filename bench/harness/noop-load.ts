// No-op jobs by so many clients for so long, counted when they are COMPLETED: what noop-jobs, list-filters and noop-profile load.
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { followToCompleted, submit } from './bench-job.ts'
import { type HttpConnection, openHttpConnection } from './http-connection.ts'

const DRAINED_WITHIN_MS = 120_000

export interface NoopLoad {
  /** Of several servers each client has one, in turn. */
  readonly url: string | readonly string[]
  readonly databaseUrl: string
  readonly clients: number
  readonly seconds: number
  /** Submitted at most, so that a server that accepts faster than it runs is not given minutes of work. */
  readonly jobs: number
  /** Each client follows its job to the end before it submits the next; else it submits the next at once. */
  readonly waits: boolean
  readonly signal: AbortSignal
  /** None when absent: an index of parameters costs nothing then. */
  readonly jobParameters?: Readonly<Record<string, string>>
}

export interface NoopResult {
  readonly jobs: number
  /** From the first submit until the last job was COMPLETED. */
  readonly perSecond: number
}

/** Throws when a job was not submitted, or ended otherwise than COMPLETED. */
export async function runNoops(load: NoopLoad): Promise<NoopResult> {
  const db = new pg.Client({ connectionString: load.databaseUrl })
  await db.connect()
  const urls = [load.url].flat()
  const connections = await Promise.all(
    Array.from({ length: load.clients }, (_, at) => openHttpConnection(urls[at % urls.length]!))
  )
  try {
    const before = await completed(db)
    const begun = performance.now()
    const end = begun + load.seconds * 1000
    let jobs = 0
    const mayGoOn = () => jobs < load.jobs && performance.now() < end && ++jobs > 0
    await Promise.all(connections.map(http => submitWhile(mayGoOn, http, load)))
    await drained(db, load.signal)
    const ms = performance.now() - begun
    const ended = (await completed(db)) - before
    if (ended !== jobs) throw new Error(`${jobs} jobs were submitted, ${ended} are COMPLETED`)
    return { jobs, perSecond: (jobs * 1000) / ms }
  } finally {
    for (const http of connections) http.close()
    await db.end()
  }
}

async function submitWhile(mayGoOn: () => boolean, http: HttpConnection, load: NoopLoad): Promise<void> {
  while (mayGoOn()) {
    load.signal.throwIfAborted()
    const instanceId = await submit(http, 'noop', load.jobParameters)
    if (load.waits) await followToCompleted(http, instanceId)
  }
}

/** A unit is gone in the transaction that ends it, so none means that all have ended. */
async function drained(db: pg.Client, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + DRAINED_WITHIN_MS
  for (;;) {
    const { rows } = await db.query<{ some: boolean }>('select exists (select from batchyard.unit) as some')
    if (!rows[0]!.some) return
    signal.throwIfAborted()
    if (performance.now() > deadline) throw new Error('the jobs did not end in time')
    await delay(5)
  }
}

async function completed(db: pg.Client): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count from batchyard.job_instance where instance_state = 'COMPLETED'`
  )
  return rows[0]!.count
}
