// Whether PostgreSQL has connections enough for this server beside those that live (ENGINE E10): better no start than a
// thread that finds none in the middle of a job.
import { type Database, rows } from './database.ts'
import { DatabaseUnusable } from './migrate.ts'

/** Connections for what takes its time: a manifest of millions of rows that is loaded. */
export const LONG_CONNECTIONS = 2

/** Connections for requests and what runs in a rhythm of its own. */
export const POOL_CONNECTIONS = 6

/** Connections for submits, claims, starts and ends: two of each kind are seldom under way at one time. */
export const LAUNCH_CONNECTIONS = 4

/**
 * Sessions of a server beside those of its threads: the pools, proof of life, LISTEN, one to settle a commit in doubt, and
 * those for long work.
 */
const SESSIONS = POOL_CONNECTIONS + LAUNCH_CONNECTIONS + 3 + LONG_CONNECTIONS

/** Rejects with DatabaseUnusable naming the figures. A working unit has at most one connection, a waiting one none. */
export async function checkConnectionBudget(db: Database, threads: number): Promise<void> {
  const needed = SESSIONS + threads
  const [server] = await rows<{ usable: number; servers: number }>(
    db,
    /* sql */ `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0) as usable,
      (select count(*)::int from incarnation where dead_at is null and expires > clock_timestamp()) as servers`
  )
  const { usable, servers } = server!
  if (needed * (servers + 1) <= usable) return
  throw new DatabaseUnusable(
    `PostgreSQL offers ${usable} connections (max_connections less the reserved ones), and ${servers + 1} ` +
      `server${servers === 0 ? '' : 's'} like this one (${threads} threads) need ${needed * (servers + 1)}: ` +
      `raise max_connections or lower BATCH_THREADS.`
  )
}
