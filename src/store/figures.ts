// The job repository in a few numbers, for monitoring: one statement over tables that are small however long the history is.
import type { UnitKind, UnitStatus } from '../batch/unit-status.ts'
import { type Database, rows } from './database.ts'

export interface UnitFigures {
  readonly kind: UnitKind
  readonly status: UnitStatus
  /** Of WAITING ones; `null` otherwise. */
  readonly waitsFor: string | null
  readonly units: number
  /** Seconds since the one that may have begun first may begin; negative where it may not yet. */
  readonly oldestSeconds: number
}

export interface ServerLease {
  readonly serverId: string
  /** Until it counts as dead; negative: it does. */
  readonly leaseSeconds: number
  readonly freeThreads: number
}

export interface RepositoryFigures {
  /** Of the kinds and statuses there are at the moment. */
  readonly units: readonly UnitFigures[]
  /** Not marked dead. */
  readonly servers: readonly ServerLease[]
}

export async function repositoryFigures(db: Database): Promise<RepositoryFigures> {
  const [row] = await rows<RepositoryFigures>(
    db,
    /* sql */ `select
      (select coalesce(json_agg(u), '[]') from (
        select kind, status, waits_for as "waitsFor", count(*) as units,
          extract(epoch from clock_timestamp() - min(ready_time))::float8 as "oldestSeconds"
        from unit group by kind, status, waits_for) u) as units,
      (select coalesce(json_agg(n), '[]') from (
        select server_id as "serverId", extract(epoch from expires - clock_timestamp())::float8 as "leaseSeconds",
          free_threads as "freeThreads"
        from incarnation where dead_at is null order by server_id) n) as servers`
  )
  return row!
}

export interface PoolFigures {
  readonly used: number
  readonly free: number
  /** Callers that wait for a connection. */
  readonly waiting: number
  readonly max: number
}

export function poolFigures(db: Database): PoolFigures {
  const pool = db.client.pool as {
    numUsed(): number
    numFree(): number
    numPendingAcquires(): number
    readonly max: number
  }
  return { used: pool.numUsed(), free: pool.numFree(), waiting: pool.numPendingAcquires(), max: pool.max }
}
