// What becomes of partitions whose server died, but not that of their step: they end, or go on elsewhere, and the step waits on
// (ENGINE E7, E8: the topmost units of the dead; what is above and beside them goes on).
import type { EndStatus } from '../batch/batch-status.ts'
import { type Database, rows } from './database.ts'
import { noteInterruption, poisonWindow } from './interruptions.ts'
import { notify } from './notifications.ts'
import type { Recovery } from './recoveries.ts'
import { requeuePartitions } from './resumptions.ts'

/** A unit of an execution that is recovered, locked. */
export interface UnitRow {
  readonly unit_id: number
  readonly parent_id: number | null
  readonly overdue: string | null
  readonly kind: string
  readonly status: string
  readonly recovery: 'fail' | 'resume' | null
  readonly epoch: number
  readonly step_execution_id: number | null
  readonly partition_number: number | null
  readonly remote: boolean
  readonly held: boolean
  readonly dead: boolean
  /** Held by another server that was marked dead, and is not recovered yet. */
  readonly of_other_dead: boolean
}

/** `dead`: partitions that any server may take, of parents that live. Together they are one crash of the execution. */
export async function recoverPartitions(
  trx: Database,
  recovery: Recovery,
  dead: readonly UnitRow[]
): Promise<EndStatus | 'READY'> {
  await rows(
    trx,
    /* sql */ `update unit set status = 'READY', incarnation = null, epoch = epoch + 1
    where unit_id = any(:unitIds::bigint[]) and status = 'CLAIMED'`,
    { unitIds: idsOf(dead) }
  )
  const begun = dead.filter(({ status }) => status !== 'CLAIMED')
  if (begun.length === 0) {
    await notify(trx, { kind: 'ready' })
    return 'READY'
  }
  const { executionId, reason } = recovery
  const interruptions = await noteInterruption(trx, recovery)
  const spent = interruptions.length > recovery.crashBudget
  const fails = (unit: UnitRow) => (unit.recovery ?? recovery.policy) === 'fail' || unit.overdue !== null
  const [failed, others] = [begun.filter(fails), begun.filter(unit => !fails(unit))]
  const stopped = others.filter(({ status }) => status === 'STOPPING')
  const toGoOn = others.filter(({ status }) => status !== 'STOPPING')
  const tooOften = `its server died ${interruptions.length} times under it ${poisonWindow(interruptions)}; last: ${reason}`
  for (const unit of failed) await endPartition(trx, unit, 'FAILED', both(unit.overdue, reason))
  for (const unit of stopped) await endPartition(trx, unit, 'STOPPED', reason)
  if (spent) for (const unit of toGoOn) await endPartition(trx, unit, 'FAILED', tooOften)
  else if (toGoOn.length > 0) await requeuePartitions(trx, idsOf(toGoOn))
  const whyNotOn = spent ? tooOften : null
  const why = failed.length === 0 && toGoOn.length > 0 ? whyNotOn : reason
  // Its end keeps it, unless the job is COMPLETED all the same.
  await rows(
    trx,
    /* sql */ `update job_execution set crashes = crashes + 1, reason = coalesce(:why, reason)
    where execution_id = :executionId`,
    { executionId, why }
  )
  for (const [parentId, units] of Map.groupBy(begun, unit => unit.parent_id!))
    await notify(trx, {
      kind: 'children',
      parentId,
      partitions: units.map(unit => unit.partition_number!)
    })
  if (failed.length > 0 || (spent && toGoOn.length > 0)) return 'FAILED'
  return stopped.length > 0 ? 'STOPPED' : 'READY'
}

/** As a crash of its thread would end it: its parent decides what that means for the step. */
async function endPartition(
  trx: Database,
  unit: UnitRow,
  batchStatus: 'FAILED' | 'STOPPED',
  reason: string
): Promise<void> {
  await rows(
    trx,
    /* sql */ `
    with gone as (delete from unit where unit_id = :unit_id),
    stale as (
      delete from collected_data
      where step_execution_id = :step_execution_id and partition_number = :partition_number and final
    )
    update partition set batch_status = :batchStatus, exit_status = coalesce(exit_status, :batchStatus),
      end_time = clock_timestamp(), last_updated_time = clock_timestamp(), message = :reason, ended_epoch = :epoch
    where step_execution_id = :step_execution_id and partition_number = :partition_number
      and batch_status in ('STARTING', 'STARTED', 'STOPPING')`,
    { ...unit, batchStatus, reason }
  )
}

function idsOf(units: readonly UnitRow[]): number[] {
  return units.map(({ unit_id }) => unit_id)
}

/** The time limit that was exceeded, if one was, before what came to it then. */
export function both(overdue: string | null, reason: string): string {
  return overdue === null ? reason : `${overdue}; ${reason}`
}
