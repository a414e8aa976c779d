// A thread's own session to PostgreSQL: opened at its first chunk, and ended from outside when its COMMIT is in doubt (ENGINE E9).
import type pg from 'pg'
import { createSession, rows, type Database, openDatabase, type SessionOptions } from './database.ts'

export interface ChunkSession {
  readonly client: pg.Client
  /** With `backendStart` what names this very session in pg_stat_activity. */
  readonly pid: number
  readonly backendStart: string
  /** The error that ended the connection; `null` while it lives. */
  lost(): Error | null
  close(): Promise<void>
}

/** No limit on statements or locks: what job code runs is limited by its chunk's transaction time-out. */
export async function openChunkSession(options: SessionOptions): Promise<ChunkSession> {
  const client = createSession({ ...options, statementTimeoutSeconds: 0, searchPath: null })
  let lost: Error | null = null
  client.on('error', error => {
    lost ??= error
  })
  client.on('end', () => {
    lost ??= new Error('the connection to PostgreSQL was closed')
  })
  await client.connect()
  const { rows: found } = await client.query<{ pid: number; backend_start: string }>(
    `select pid, backend_start::text, set_config('lock_timeout', '0', false)
     from pg_stat_activity where pid = pg_backend_pid()`
  )
  return {
    client,
    pid: found[0]!.pid,
    backendStart: found[0]!.backend_start,
    lost: () => lost,
    async close() {
      await client.end()
    }
  }
}

export interface UnitPosition {
  readonly seq: number
  readonly status: string
}

/**
 * Ends the session (it may still be committing), then reads where the unit stands; `null` = no unit of this id and epoch.
 * Tries for as long as PostgreSQL is away: nothing can be said before it is back.
 */
export async function settleDoubt(
  options: SessionOptions,
  session: { readonly pid: number; readonly backendStart: string },
  claim: { readonly unitId: number; readonly epoch: number }
): Promise<UnitPosition | null> {
  for (let wait = 50; ; wait = Math.min(wait * 2, 2000)) {
    const db: Database = openDatabase({ ...options, connections: 1 })
    try {
      await rows(
        db,
        `select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid = :pid and backend_start = :backendStart::timestamptz`,
        { pid: session.pid, backendStart: session.backendStart }
      )
      const [unit] = await rows<UnitPosition>(
        db,
        'select seq, status from unit where unit_id = :unitId and epoch = :epoch',
        { ...claim }
      )
      return unit ?? null
    } catch {
      // PostgreSQL is still away or starting: the renewal decides whether this server lives on meanwhile (E6).
      await new Promise(resolve => setTimeout(resolve, wait))
    } finally {
      await db.destroy()
    }
  }
}
