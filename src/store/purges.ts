// A purge in the repository (ENGINE E14): a guarded mark, then the rows, and the mark taken back when files could not be
// deleted. What is marked can be neither restarted nor purged again, so that of a restart and a purge exactly one wins.
import type { Hold } from '../batch/hold.ts'
import type { InstanceState } from '../batch/instance-state.ts'
import { type Database, rows } from './database.ts'
import { findHolds } from './holds.ts'
import { retrying } from './retry.ts'

/** A mark this old is left over, whoever made it: no purge of a server that lives takes so long. */
const STALE_MINUTES = 60

/** A mark that nobody is at work on: its server is dead, or gave up half-way. `i` is the instance. */
const ABANDONED = /* sql */ `(not exists (select from incarnation n where n.incarnation = i.purge_incarnation and n.dead_at is null)
  or i.purge_time < clock_timestamp() - ${STALE_MINUTES} * interval '1 minute')`

export interface PurgeOrder {
  readonly instanceIds: readonly number[]
  /** Of the server that does it. */
  readonly incarnation: string
}

/** With who asked for it: his is the audit row that stays. */
export interface AskedPurge extends PurgeOrder {
  readonly by: string
  /** What was planned: only instances as they were then (`lastUpdatedTime` as PostgreSQL wrote it), by id. */
  readonly asOf?: ReadonlyMap<number, string>
  /** Its items are told that their purge has begun. */
  readonly planId?: number | null
}

export type PurgeVerdict =
  /** It is this server's to purge. */
  | { readonly kind: 'marked' }
  | { readonly kind: 'unknown' }
  /** Not in a final state, or a unit of it is left. */
  | { readonly kind: 'active'; readonly instanceState: InstanceState }
  /** Another purge has it. */
  | { readonly kind: 'purging' }
  | { readonly kind: 'held'; readonly hold: Hold }
  /** It is not as it was planned any more. */
  | { readonly kind: 'changed' }

/** Marks those that may be purged; a verdict for each id. */
export async function markPurges(db: Database, order: AskedPurge): Promise<Map<number, PurgeVerdict>> {
  return await retrying({ awayMs: 0 }, () => db.transaction(trx => mark(trx, order)))
}

/**
 * purgeJobStoreOnly: the rows go in the transaction that marks, for no file stands between; a tombstone keeps the folders of
 * their logs from the janitor. `marked` means gone here.
 */
export async function purgeRowsOnly(db: Database, order: AskedPurge): Promise<Map<number, PurgeVerdict>> {
  return await retrying({ awayMs: 0 }, () =>
    db.transaction(async trx => {
      const verdicts = await mark(trx, order)
      const instanceIds = [...verdicts].flatMap(([id, { kind }]) => (kind === 'marked' ? [id] : []))
      await rows(
        trx,
        /* sql */ `insert into kept_job_log (instance_id)
          select distinct instance_id from job_execution where instance_id = any(:instanceIds::bigint[]) and log_path <> ''
          on conflict do nothing`,
        { instanceIds }
      )
      await deleteMarked(trx, { ...order, instanceIds }, 'kept')
      return verdicts
    })
  )
}

async function mark(trx: Database, order: AskedPurge): Promise<Map<number, PurgeVerdict>> {
  const instanceIds = [...new Set(order.instanceIds)]
  // E1: in a statement of its own. Ends delete their unit before they let go of the instance, so the next one sees both.
  const found = await rows<{ instanceId: number; instanceState: InstanceState; purging: boolean }>(
    trx,
    /* sql */ `select i.instance_id as "instanceId", i.instance_state as "instanceState",
      i.purge_incarnation is not null and not ${ABANDONED} as purging
    from job_instance i where i.instance_id = any(:instanceIds::bigint[]) order by i.instance_id for update`,
    { instanceIds }
  )
  const free = found.filter(({ purging }) => !purging).map(({ instanceId }) => instanceId)
  const marked = await rows<{ instanceId: number }>(
    trx,
    /* sql */ `update job_instance i set purge_incarnation = :incarnation, purge_time = clock_timestamp(),
      purge_by = :by
    from json_to_recordset(:free::json) as f (id bigint, "asOf" timestamptz)
    where i.instance_id = f.id and i.last_updated_time = coalesce(f."asOf", i.last_updated_time)
      and i.instance_state in ('FAILED', 'STOPPED', 'COMPLETED', 'ABANDONED')
      and not exists (select from hold h where h.instance_id = i.instance_id)
      and not exists (select from job_execution e join unit u using (execution_id) where e.instance_id = i.instance_id)
    returning i.instance_id as "instanceId"`,
    {
      incarnation: order.incarnation,
      by: order.by,
      free: JSON.stringify(free.map(id => ({ id, asOf: order.asOf?.get(id) ?? null })))
    }
  )
  const mine = new Set(marked.map(({ instanceId }) => instanceId))
  if (typeof order.planId === 'number' && mine.size > 0)
    await rows(
      trx,
      `update purge_plan_item set marked = true where plan_id = :planId and instance_id = any(:mine::bigint[])`,
      { planId: order.planId, mine: [...mine] }
    )
  const refused = mine.size === free.length ? new Map() : await refusals(trx, order, free)
  const known = new Map(found.map(row => [row.instanceId, row]))
  return new Map(
    instanceIds.map((id): [number, PurgeVerdict] => {
      const row = known.get(id)
      if (row === undefined) return [id, { kind: 'unknown' }]
      if (row.purging) return [id, { kind: 'purging' }]
      if (mine.has(id)) return [id, { kind: 'marked' }]
      return [id, refused.get(id) ?? { kind: 'active', instanceState: row.instanceState }]
    })
  )
}

/** Why those that are not active were not marked. */
async function refusals(
  trx: Database,
  { asOf }: AskedPurge,
  instanceIds: readonly number[]
): Promise<Map<number, PurgeVerdict>> {
  const verdicts = new Map<number, PurgeVerdict>()
  if (asOf !== undefined)
    for (const { instanceId } of await rows<{ instanceId: number }>(
      trx,
      /* sql */ `select i.instance_id as "instanceId" from job_instance i
        join json_to_recordset(:known::json) as f (id bigint, "asOf" timestamptz) on i.instance_id = f.id
      where i.last_updated_time <> f."asOf"`,
      { known: JSON.stringify(instanceIds.map(id => ({ id, asOf: asOf.get(id) ?? null }))) }
    ))
      verdicts.set(instanceId, { kind: 'changed' })
  for (const [id, hold] of await findHolds(trx, instanceIds)) verdicts.set(id, { kind: 'held', hold })
  return verdicts
}

/**
 * Deletes what this server has marked, with all that hangs on it; gives the ids that are gone now, by whomever. The text of
 * the JSL stays: others share it, and housekeeping removes what nobody names.
 */
export async function deletePurged(db: Database, order: PurgeOrder): Promise<Set<number>> {
  return await retrying({ awayMs: 0 }, () =>
    db.transaction(async trx => {
      await deleteMarked(trx, order, 'deleted')
      const left = await rows<{ instanceId: number }>(
        trx,
        `select instance_id as "instanceId" from job_instance where instance_id = any(:instanceIds::bigint[])`,
        { instanceIds: order.instanceIds }
      )
      const there = new Set(left.map(({ instanceId }) => instanceId))
      return new Set(order.instanceIds.filter(id => !there.has(id)))
    })
  )
}

async function deleteMarked(trx: Database, order: PurgeOrder, jobLogs: 'kept' | 'deleted'): Promise<void> {
  await rows(
    trx,
    /* sql */ `select from job_instance where instance_id = any(:instanceIds::bigint[]) order by instance_id for update`,
    { ...order }
  )
  await rows(
    trx,
    /* sql */ `with purged as (
      delete from job_instance where instance_id = any(:instanceIds::bigint[]) and purge_incarnation = :incarnation
      returning *
    )
    insert into audit (who, what, target, before, after)
    select coalesce(purge_by, ''), 'instance.purge', 'instance:' || instance_id,
      jsonb_build_object('jobName', job_name, 'submitter', submitter, 'instanceState', instance_state,
        'exitStatus', exit_status, 'executions', executions),
      jsonb_build_object('jobLogs', :jobLogs::text)
    from purged order by instance_id`,
    { ...order, jobLogs }
  )
}

/** Takes this server's mark back: the instances are as they were. */
export async function unmarkPurges(db: Database, order: PurgeOrder): Promise<void> {
  await retrying({ awayMs: 0 }, () =>
    rows(
      db,
      /* sql */ `update job_instance set purge_incarnation = null, purge_time = null, purge_by = null
      where instance_id = any(:instanceIds::bigint[]) and purge_incarnation = :incarnation`,
      { ...order }
    )
  )
}

/** Makes up to `limit` purges this server's own that nobody is at work on any more; gives their instances. */
export async function takeAbandonedPurges(
  db: Database,
  incarnation: string,
  limit: number
): Promise<number[]> {
  const taken = await rows<{ instanceId: number }>(
    db,
    /* sql */ `
    with abandoned as (
      select i.instance_id from job_instance i where i.purge_incarnation is not null and ${ABANDONED}
      order by i.instance_id limit :limit for update skip locked
    )
    update job_instance i set purge_incarnation = :incarnation, purge_time = clock_timestamp()
    from abandoned a where i.instance_id = a.instance_id returning i.instance_id as "instanceId"`,
    { incarnation, limit }
  )
  return taken.map(({ instanceId }) => instanceId)
}
