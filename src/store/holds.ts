// Holds: job instances that no purge may take. Whoever holds one and whoever purges it meet at the instance's row: a hold is
// written under its lock, and refused once a purge has marked it (ENGINE E14).
import type { Hold, ListedHold } from '../batch/hold.ts'
import { appendAudit } from './audit.ts'
import { type Database, rows } from './database.ts'
import { likePattern } from './selection-conditions.ts'
import { transactionOnce } from './transaction-once.ts'
import { type Visibility, visibleTo } from './visibility.ts'

/** How long a change waits for a PostgreSQL that is away. */
const AWAY_MS = 8000

export type HoldVerdict =
  | { readonly kind: 'held'; readonly hold: Hold }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'purging' }
  /** Somebody else holds it, and only he or an administrator may change that. */
  | { readonly kind: 'others'; readonly hold: Hold }

export type ReleaseVerdict =
  'released' | 'unknown' | 'notHeld' | { readonly kind: 'others'; readonly hold: Hold }

interface HoldChange {
  readonly instanceId: number
  readonly by: string
  /** May change the holds of others. */
  readonly ofAll: boolean
}

/** A hold that there is gets the new reason; who placed it and when stay. */
export async function placeHold(
  db: Database,
  change: HoldChange & { readonly reason: string }
): Promise<HoldVerdict> {
  return await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    const instance = await lockInstance(trx, change.instanceId)
    if (instance === null) return { kind: 'unknown' }
    if (instance.purging) return { kind: 'purging' }
    const before = await findHold(trx, change.instanceId)
    if (before !== null && isOthers(before, change)) return { kind: 'others', hold: before }
    if (before?.reason === change.reason) return { kind: 'held', hold: before }
    await rows(
      trx,
      /* sql */ `insert into hold (instance_id, reason, held_by) values (:instanceId, :reason, :by)
      on conflict (instance_id) do update set reason = excluded.reason`,
      { ...change }
    )
    await appendAudit(trx, [
      {
        ...deed('instance.hold', change),
        reason: change.reason,
        before: before === null ? null : { reason: before.reason }
      }
    ])
    return { kind: 'held', hold: (await findHold(trx, change.instanceId))! }
  })
}

export async function releaseHold(db: Database, change: HoldChange): Promise<ReleaseVerdict> {
  return await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    if ((await lockInstance(trx, change.instanceId)) === null) return 'unknown'
    const before = await findHold(trx, change.instanceId)
    if (before === null) return 'notHeld'
    if (isOthers(before, change)) return { kind: 'others', hold: before }
    await rows(trx, 'delete from hold where instance_id = :instanceId', { instanceId: change.instanceId })
    const { reason, heldBy, since } = before
    await appendAudit(trx, [{ ...deed('instance.release', change), before: { reason, heldBy, since } }])
    return 'released'
  })
}

function deed(what: 'instance.hold' | 'instance.release', { by, instanceId }: HoldChange) {
  return { who: by, what, target: `instance:${instanceId}` }
}

function isOthers({ heldBy }: Hold, { by, ofAll }: HoldChange): boolean {
  return !ofAll && heldBy !== by
}

async function lockInstance(trx: Database, instanceId: number): Promise<{ purging: boolean } | null> {
  const [locked] = await rows<{ purging: boolean }>(
    trx,
    `select purge_incarnation is not null as purging from job_instance where instance_id = :instanceId for update`,
    { instanceId }
  )
  return locked ?? null
}

export async function findHold(db: Database, instanceId: number): Promise<Hold | null> {
  return (await findHolds(db, [instanceId])).get(instanceId) ?? null
}

/** Of those that are held. */
export async function findHolds(db: Database, instanceIds: readonly number[]): Promise<Map<number, Hold>> {
  const found = await rows<Hold>(
    db,
    /* sql */ `select instance_id as "instanceId", reason, held_by as "heldBy", hold_time as since from hold
    where instance_id = any(:instanceIds::bigint[])`,
    { instanceIds }
  )
  return new Map(found.map(hold => [hold.instanceId, hold]))
}

export interface HoldSearch {
  /** Who placed it, with `*`; `null` = anybody. */
  readonly heldBy: string | null
  /** An instance id: only what is older. */
  readonly before: number | null
  readonly limit: number
}

/** Newest instance first. */
export async function listHolds(
  db: Database,
  search: HoldSearch,
  visibility: Visibility | null
): Promise<ListedHold[]> {
  const visible = visibleTo(visibility, 'i')
  const conditions = [
    visible.condition,
    ...(search.heldBy === null ? [] : ['h.held_by like :heldBy']),
    ...(search.before === null ? [] : ['h.instance_id < :before'])
  ]
  return await rows<ListedHold>(
    db,
    /* sql */ `select h.instance_id as "instanceId", h.reason, h.held_by as "heldBy", h.hold_time as since,
      i.job_name as "jobName", i.instance_state as "instanceState"
    from hold h join job_instance i on i.instance_id = h.instance_id where ${conditions.join(' and ')}
    order by h.instance_id desc limit :limit`,
    { ...visible.bindings, ...search, heldBy: search.heldBy === null ? null : likePattern(search.heldBy) }
  )
}
