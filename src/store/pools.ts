// The pools of a server, each for what must not wait behind the others.
import { LAUNCH_CONNECTIONS, LONG_CONNECTIONS, POOL_CONNECTIONS } from './connection-budget.ts'
import { type Database, openDatabase, type SessionOptions } from './database.ts'

export interface Pools {
  /** Requests, and what runs in a rhythm of its own. */
  readonly db: Database
  /** Submits, claims, starts and ends: the statements of every launch, prepared in each session. */
  readonly launchDb: Database
  /** One connection: proof of life must not wait behind work (ENGINE E6). */
  readonly lifeDb: Database
  /** Without a time limit for statements. */
  readonly longDb: Database
  close(): Promise<void>
}

export function openPools(session: SessionOptions): Pools {
  const db = openDatabase({ ...session, connections: POOL_CONNECTIONS })
  const launchDb = openDatabase({ ...session, connections: LAUNCH_CONNECTIONS, launches: true })
  const lifeDb = openDatabase({ ...session, connections: 1 })
  const longDb = openDatabase({ ...session, statementTimeoutSeconds: 0, connections: LONG_CONNECTIONS })
  return {
    db,
    launchDb,
    lifeDb,
    longDb,
    async close() {
      await Promise.all([longDb, lifeDb, launchDb, db].map(pool => pool.destroy()))
    }
  }
}
