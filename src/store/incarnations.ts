// One start of a server and its proof of life (ENGINE E6, E7): a row with a lease on the database's clock.
import type { UnitStatus } from '../batch/unit-status.ts'
import { type Database, rows } from './database.ts'

export interface IncarnationRow extends Runs {
  readonly incarnation: string
  readonly serverId: string
  readonly address: string
  readonly leaseSeconds: number
  readonly role?: ServerRole
  readonly threads?: number
  /** BATCH_SERVER_CAPS: limits by `job:<name>` and `application:<name>`. */
  readonly serverCaps?: Readonly<Record<string, number>>
}

/** BATCH_ROLE. */
export type ServerRole = 'both' | 'dispatcher' | 'executor'

/** Which units a server may claim. */
export interface Runs {
  /** By name. */
  readonly applications: readonly string[]
  /** Of which a job must have one; `null` or absent = it runs jobs of any. */
  readonly operationGroups?: readonly string[] | null
}

/** The name of every session of an incarnation, so that a sweeper can end them. */
export function sessionName(incarnation: string): string {
  return `batchyard ${incarnation}`
}

/** Inserts the row; `false` when another incarnation of this server id is not marked dead. */
export async function insertIncarnation(db: Database, mine: IncarnationRow): Promise<boolean> {
  const inserted = await rows(
    db,
    /* sql */ `insert into incarnation (incarnation, server_id, address, role, applications, operation_groups, threads, server_caps, expires)
    values (:incarnation, :serverId, :address, :role, :applications, :operationGroups, :threads, :serverCaps::jsonb,
      clock_timestamp() + :leaseSeconds * interval '1 second')
    on conflict do nothing returning incarnation`,
    {
      role: 'both',
      operationGroups: null,
      threads: 0,
      ...mine,
      serverCaps: JSON.stringify(mine.serverCaps ?? {})
    }
  )
  return inserted.length === 1
}

export interface OtherIncarnation {
  readonly incarnation: string
  readonly address: string
  /** Sessions it has open: none means that its process is gone. */
  readonly sessions: number
  readonly expired: boolean
}

/**
 * The incarnation of this server id that is not marked dead; not expired is one that could not renew its lease because
 * PostgreSQL was away until less than a lease ago.
 */
export async function findPredecessor(
  db: Database,
  serverId: string,
  leaseSeconds = 0
): Promise<OtherIncarnation | null> {
  const [row] = await rows<OtherIncarnation>(
    db,
    /* sql */ `select incarnation, address,
      greatest(expires, pg_postmaster_start_time() + :leaseSeconds * interval '1 second') <= clock_timestamp() as expired,
      (select count(*)::int from pg_stat_activity where application_name = 'batchyard ' || i.incarnation) as sessions
    from incarnation i where server_id = :serverId and dead_at is null`,
    { serverId, leaseSeconds }
  )
  return row ?? null
}

/** E7: the mark in a transaction of its own; `false` when it lives or was marked by another. */
export async function markDead(
  db: Database,
  incarnation: string,
  evidence: 'expired' | 'sessions gone'
): Promise<boolean> {
  const marked = await rows(
    db,
    /* sql */ `update incarnation set dead_at = clock_timestamp() where incarnation = :incarnation and dead_at is null
      and (expires <= clock_timestamp() or :evidence = 'sessions gone' and not exists (
        select from pg_stat_activity where application_name = 'batchyard ' || incarnation))
    returning incarnation`,
    { incarnation, evidence }
  )
  return marked.length === 1
}

/** Ends the sessions that a dead incarnation may still have. */
export async function endSessions(db: Database, incarnation: string): Promise<void> {
  await rows(
    db,
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = :name and pid <> pg_backend_pid()`,
    { name: sessionName(incarnation) }
  )
}

/** The row goes when no unit names it; `false` when one does. */
export async function deleteIncarnation(db: Database, incarnation: string): Promise<boolean> {
  const gone = await rows(
    db,
    /* sql */ `
    with gone as (
      delete from incarnation where incarnation = :incarnation
        and not exists (select from unit u where u.incarnation = :incarnation or u.only_incarnation = :incarnation)
      returning incarnation
    ), published as (delete from published_application p using gone where p.incarnation = gone.incarnation)
    select incarnation from gone`,
    { incarnation }
  )
  return gone.length === 1
}

/** Units that an incarnation has claimed, as the repository has them. */
export interface HeldUnit {
  readonly unitId: number
  readonly epoch: number
  readonly status: UnitStatus
  /** It is to yield: into a pause, or to work of higher priority (ENGINE E12). */
  readonly pauseRequested: boolean
}

/**
 * Renews the lease and gives all units of the incarnation. `null`: the row is marked dead or gone, and this server with it.
 */
export async function renew(
  db: Database,
  lease: { readonly incarnation: string; readonly leaseSeconds: number; readonly freeThreads: number }
): Promise<HeldUnit[] | null> {
  const [row] = await rows<{ units: HeldUnit[] | null }>(
    db,
    /* sql */ `
    with renewed as (
      update incarnation set expires = clock_timestamp() + :leaseSeconds * interval '1 second', free_threads = :freeThreads
      where incarnation = :incarnation and dead_at is null returning incarnation
    )
    select (select json_agg(json_build_object('unitId', unit_id, 'epoch', epoch, 'status', status,
        'pauseRequested', pause_requested or yield_requested_at is not null))
      from unit where incarnation = :incarnation) as units
    from renewed`,
    { ...lease },
    (lease.leaseSeconds * 1000) / 2
  )
  return row === undefined ? null : (row.units ?? [])
}

/**
 * Incarnations whose lease has run out: dead, unless PostgreSQL itself has only just come back (nobody could renew while it
 * was away). Never `mine`.
 */
export async function findExpired(
  db: Database,
  mine: string,
  leaseSeconds: number
): Promise<{ readonly incarnation: string; readonly serverId: string; readonly marked: boolean }[]> {
  return await rows(
    db,
    /* sql */ `select incarnation, server_id as "serverId", dead_at is not null as marked from incarnation
    where incarnation <> :mine and (dead_at is not null
      or greatest(expires, pg_postmaster_start_time() + :leaseSeconds * interval '1 second') < clock_timestamp())
    order by expires`,
    { mine, leaseSeconds }
  )
}
