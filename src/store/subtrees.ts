// The end of everything below a unit, and of the step it was in, when the unit itself is ended from outside: a crash of its
// thread, or a stop that it ignored (ENGINE E8, E11).
import { withCapsOf } from './caps.ts'
import { type Database, rows } from './database.ts'
import { endUnits, type EndedUnit } from './ends.ts'
import { notify } from './notifications.ts'
import type { Claim } from './step-starts.ts'

export interface SubtreeEnd {
  readonly batchStatus: 'FAILED' | 'STOPPED'
  readonly reason: string
  /** What a flow's parent is told. */
  readonly flowOutcome: unknown
}

/** In one transaction; `null` when the unit's claim is not ours any more (nothing is changed then). */
export async function endUnitFromOutside(
  db: Database,
  claim: Claim & { readonly executionId: number },
  end: SubtreeEnd
): Promise<EndedUnit | null> {
  const work = async (trx: Database) => {
    const [mine] = await rows<{ overdue: string | null }>(
      trx,
      `select overdue from unit where unit_id = :unitId and epoch = :epoch and status in ('STARTED', 'STOPPING') for update`,
      { ...claim }
    )
    if (mine === undefined) return null
    await tellHolders(trx, claim)
    // What was stopped for its time limit is FAILED, however its end came about.
    const { overdue } = mine
    await endBelow(
      trx,
      claim.unitId,
      overdue === null ? end : { ...end, batchStatus: 'FAILED', reason: `${overdue}; ${end.reason}` }
    )
    const [ended] = await endUnits(trx, [
      {
        unitId: claim.unitId,
        epoch: claim.epoch,
        batchStatus: end.batchStatus,
        exitStatus: null,
        restartOn: null,
        reason: end.reason,
        flowOutcome: end.flowOutcome,
        partition: null
      }
    ])
    return ended ?? null
  }
  return await withCapsOf(db, claim, work, { awayMs: Infinity })
}

/** What other servers have of the execution may be gone: they look at once, and not at their next renewal. */
async function tellHolders(
  trx: Database,
  unit: { readonly unitId: number; readonly executionId: number }
): Promise<void> {
  const elsewhere = await rows(
    trx,
    /* sql */ `select from unit u join unit mine on mine.unit_id = :unitId
    where u.execution_id = :executionId and u.incarnation <> mine.incarnation limit 1`,
    { ...unit }
  )
  if (elsewhere.length > 0) await notify(trx, { kind: 'renew' })
}

/** No row fences as well as a higher epoch: units below are deleted, whatever they are doing. */
async function endBelow(trx: Database, unitId: number, end: SubtreeEnd): Promise<void> {
  await rows(
    trx,
    /* sql */ `
    with recursive below as (
      select unit_id from unit where parent_id = :unitId
      union all select u.unit_id from unit u join below b on u.parent_id = b.unit_id
    ), locked as (
      select u.unit_id from unit u where u.unit_id in (select unit_id from below) order by u.unit_id for update
    ), gone as (
      delete from unit u using locked l where u.unit_id = l.unit_id returning u.*
    ), partitions as (
      update partition p set batch_status = :batchStatus, exit_status = coalesce(p.exit_status, :batchStatus),
        end_time = clock_timestamp(), last_updated_time = clock_timestamp(), message = :reason
      from gone g where p.step_execution_id = g.step_execution_id and p.partition_number = g.partition_number
        and p.batch_status in ('STARTING', 'STARTED', 'STOPPING')
    ), flows as (
      update flow f set batch_status = :batchStatus from gone g
      where f.execution_id = g.execution_id and f.split = g.split and f.flow = g.flow
        and f.batch_status in ('STARTING', 'STARTED', 'STOPPING')
    ), steps as (
      update step_execution s set batch_status = :batchStatus, exit_status = coalesce(s.exit_status, :batchStatus),
        end_time = clock_timestamp(), last_updated_time = clock_timestamp(), message = :reason
      where (s.unit_id = :unitId or s.unit_id in (select unit_id from gone))
        and s.batch_status in ('STARTING', 'STARTED', 'STOPPING')
      returning s.step_execution_id
    ), collected as (
      delete from collected_data d using steps s where d.step_execution_id = s.step_execution_id
    )
    update partition p set batch_status = :batchStatus, exit_status = coalesce(p.exit_status, :batchStatus),
      end_time = clock_timestamp(), last_updated_time = clock_timestamp(), message = :reason
    from steps s where p.step_execution_id = s.step_execution_id
      and p.batch_status in ('STARTING', 'STARTED', 'STOPPING')
      and not exists (select from gone g where g.step_execution_id = p.step_execution_id
        and g.partition_number = p.partition_number)`,
    { unitId, ...end }
  )
}
