// A thread's own session to PostgreSQL: opened at its first chunk, and ended from outside when its COMMIT is in doubt (ENGINE E9).
import type pg from 'pg'
import { createSession, rows, type Database, openDatabase, type SessionOptions } from './database.ts'

/** What names one very session in pg_stat_activity. */
export interface SessionName {
  readonly pid: number
  readonly backendStart: string
}

export interface ChunkSession extends SessionName {
  readonly client: pg.Client
  /** The error that ended the connection; `null` while it lives. */
  lost(): Error | null
  close(): Promise<void>
}

/**
 * No limit on statements or locks: what job code runs is limited by its chunk's transaction time-out. `replaced` was lost and
 * is ended first: PostgreSQL may not know yet that it is, and keep the locks of a chunk that is to be done again.
 */
export async function openChunkSession(
  options: SessionOptions,
  replaced: SessionName | null = null
): Promise<ChunkSession> {
  const client = createSession({ ...options, statementTimeoutSeconds: 0, searchPath: null })
  let lost: Error | null = null
  client.on('error', error => {
    lost ??= error
  })
  client.on('end', () => {
    lost ??= new Error('the connection to PostgreSQL was closed')
  })
  await client.connect()
  if (replaced !== null)
    await client.query(
      'select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid = $1 and backend_start = $2::timestamptz',
      [replaced.pid, replaced.backendStart]
    )
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
  session: SessionName,
  claim: { readonly unitId: number; readonly epoch: number }
): Promise<UnitPosition | null> {
  for (let wait = 50; ; wait = Math.min(wait * 2, 2000)) {
    const db: Database = openDatabase({ ...options, connections: 1 })
    try {
      const [old] = await rows<{ ended: boolean }>(
        db,
        `select pg_terminate_backend(pid, 5000) as ended from pg_stat_activity
        where pid = :pid and backend_start = :backendStart::timestamptz`,
        { pid: session.pid, backendStart: session.backendStart }
      )
      if (old?.ended === false) continue
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
