// An execution that was interrupted goes on as itself (ENGINE E12, `resume`): its root is READY with a higher epoch (or waits for
// the end of a pause), what ran
// below it is made anew when the root enters it again, and steps and partitions keep their checkpoints.
import type { UnitKind } from '../batch/unit-status.ts'
import { type Database, rows } from './database.ts'
import { notify } from './notifications.ts'
import { transactionOnce } from './transaction-once.ts'

/** In a transaction that has locked its units. `crashed`: it counts towards the crash budget; a yield does not. */
export async function resumeExecution(
  trx: Database,
  resumed: { readonly executionId: number; readonly rootId: number; readonly crashed: boolean }
): Promise<void> {
  await rows(
    trx,
    /* sql */ `
    with gone as (delete from unit where execution_id = :executionId and unit_id <> :rootId),
    root as (
      update unit set status = case when pause_requested then 'WAITING' else 'READY' end,
        waits_for = case when pause_requested then 'pause' end, pause_requested = false, epoch = epoch + 1,
        incarnation = null, resumed = true
      where unit_id = :rootId and status in ('CLAIMED', 'STARTED')
    ), partitions as (
      update partition set batch_status = 'STARTING', last_updated_time = clock_timestamp()
      where execution_id = :executionId and batch_status = 'STARTED'
    ), flows as (
      update flow set batch_status = 'STARTING' where execution_id = :executionId and batch_status = 'STARTED'
    ), execution as (
      update job_execution set batch_status = 'STARTING', crashes = crashes + :crashed::boolean::integer, last_updated_time = clock_timestamp()
      where execution_id = :executionId and batch_status = 'STARTED' returning instance_id
    )
    update job_instance i set batch_status = 'STARTING', last_updated_time = clock_timestamp()
    from execution e where i.instance_id = e.instance_id and i.instance_state = 'DISPATCHED'`,
    { ...resumed }
  )
  // Whoever has a free thread takes it up at once; a server that drains or died is not the one to wake.
  await notify(trx, { kind: 'ready' })
}

export type YieldVerdict =
  | 'yielded'
  /** It is READY for whoever takes it, and its parent waits on. */
  | 'requeued'
  /** A stop came first: it ends STOPPED instead. */
  | 'stopping'
  /** The claim is not ours any more. */
  | 'fenced'

/**
 * A unit gives its thread back (ENGINE E12): a root is READY again with a higher epoch and goes on as the same execution, at
 * once or when the pause that was asked for is over;
 * a child's unit goes, and its row keeps its checkpoint until its parent makes it anew. `requeued`: it is a partition for any
 * server, and its parent does not yield.
 */
export async function yieldUnit(
  db: Database,
  unit: {
    readonly unitId: number
    readonly epoch: number
    readonly kind: UnitKind
    readonly executionId: number
  },
  requeued = false
): Promise<YieldVerdict> {
  return await transactionOnce(db, { awayMs: Infinity }, async trx => {
    const [mine] = await rows<{ status: string }>(
      trx,
      `select status from unit where unit_id = :unitId and epoch = :epoch and status in ('STARTED', 'STOPPING') for update`,
      { ...unit }
    )
    if (mine === undefined) return 'fenced'
    if (mine.status === 'STOPPING') return 'stopping'
    if (unit.kind === 'execution')
      await resumeExecution(trx, { executionId: unit.executionId, rootId: unit.unitId, crashed: false })
    else if (requeued) {
      await requeuePartitions(trx, [unit.unitId])
      return 'requeued'
    } else await yieldChild(trx, unit.unitId)
    return 'yielded'
  })
}

/** STARTED partitions go on from their checkpoints, on whatever server. In a transaction that has locked their units. */
export async function requeuePartitions(trx: Database, unitIds: readonly number[]): Promise<void> {
  await rows(
    trx,
    /* sql */ `
    with ready as (
      update unit set status = 'READY', epoch = epoch + 1, incarnation = null, resumed = true
      where unit_id = any(:unitIds::bigint[]) and status = 'STARTED' returning step_execution_id, partition_number
    ), stale as (
      delete from collected_data d using ready r
      where d.step_execution_id = r.step_execution_id and d.partition_number = r.partition_number and d.final
    )
    update partition p set batch_status = 'STARTING', last_updated_time = clock_timestamp() from ready r
    where p.step_execution_id = r.step_execution_id and p.partition_number = r.partition_number
      and p.batch_status = 'STARTED'`,
    { unitIds }
  )
  await notify(trx, { kind: 'ready' })
}

async function yieldChild(trx: Database, unitId: number): Promise<void> {
  await rows(
    trx,
    /* sql */ `
    with gone as (delete from unit where unit_id = :unitId returning *),
    partitions as (
      update partition p set batch_status = 'STARTING', last_updated_time = clock_timestamp() from gone g
      where p.step_execution_id = g.step_execution_id and p.partition_number = g.partition_number
        and p.batch_status = 'STARTED'
    )
    update flow f set batch_status = 'STARTING' from gone g
    where f.execution_id = g.execution_id and f.split = g.split and f.flow = g.flow and f.batch_status = 'STARTED'`,
    { unitId }
  )
}

/** A child that was claimed and not begun, in an execution that pauses; `false`: it was stopped or taken since its claim. */
export async function withdrawChild(
  db: Database,
  unit: { readonly unitId: number; readonly epoch: number }
): Promise<boolean> {
  const gone = await rows(
    db,
    `delete from unit where unit_id = :unitId and epoch = :epoch and status = 'CLAIMED' returning unit_id`,
    { ...unit }
  )
  return gone.length === 1
}
