// No-op jobs at a steady pace that a server keeps up with: what else it does shows in how long they wait, not in a fight for the processor.
import { setTimeout as delay } from 'node:timers/promises'
import { submit } from './bench-job.ts'
import { query } from './bench-postgres.ts'
import { openHttpConnection } from './http-connection.ts'
import { quantile } from './spread.ts'

export interface SteadyLoad {
  readonly url: string
  readonly databaseUrl: string
  readonly perSecond: number
  /** Until it aborts. */
  readonly until: AbortSignal
}

export interface SteadyResult {
  /** Begun by a thread, a second. */
  readonly begunPerSecond: number
  /** From the submit's commit until the start's, by the database's clock. */
  readonly startMs: { readonly median: number; readonly p95: number }
}

export async function steadyLoad({ url, databaseUrl, perSecond, until }: SteadyLoad): Promise<SteadyResult> {
  const http = await Promise.all(Array.from({ length: 8 }, () => openHttpConnection(url)))
  const [before] = await query<{ id: number }>(
    databaseUrl,
    'select coalesce(max(execution_id), 0)::int as id from batchyard.job_execution'
  )
  const begun = performance.now()
  let sent = 0
  try {
    await Promise.all(
      http.map(async connection => {
        while (!until.aborted) {
          const due = begun + (sent++ * 1000) / perSecond
          const wait = due - performance.now()
          if (wait > 0) await delay(wait)
          await submit(connection, 'noop')
        }
      })
    )
  } finally {
    for (const connection of http) connection.close()
  }
  const seconds = (performance.now() - begun) / 1000
  const started = await query<{ ms: number }>(
    databaseUrl,
    /* sql */ `select extract(epoch from start_time - create_time)::float8 * 1000 as ms
    from batchyard.job_execution where execution_id > $1 and start_time is not null order by 1`,
    [before!.id]
  )
  const ms = started.map(row => row.ms)
  return {
    begunPerSecond: ms.length / seconds,
    startMs: { median: quantile(ms, 0.5), p95: quantile(ms, 0.95) }
  }
}
