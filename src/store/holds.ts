// Holds: job instances that no purge may take. Whoever holds one and whoever purges it meet at the instance's row: a hold is
// written under its lock, and refused once a purge has marked it (ENGINE E14).
import type { Hold } from '../batch/hold.ts'
import { appendAudit } from './audit.ts'
import { type Database, rows } from './database.ts'
import { transactionOnce } from './transaction-once.ts'

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
