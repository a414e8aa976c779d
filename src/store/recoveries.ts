// What becomes of the units of a server that died: under `fail` their jobs FAIL with the reason and can be restarted at once
// (ENGINE E7, E8, E12). Only claimed ones go back to READY.
import type { BatchStatus } from '../batch/batch-status.ts'
import { withCapsOf } from './caps.ts'
import { type Database, rows } from './database.ts'

/** Executions with a unit of this dead incarnation, oldest first. */
export async function findExecutionsOfDead(db: Database, incarnation: string): Promise<number[]> {
  const found = await rows<{ execution_id: number }>(
    db,
    `select distinct execution_id from unit where incarnation = :incarnation or only_incarnation = :incarnation order by execution_id`,
    { incarnation }
  )
  return found.map(row => row.execution_id)
}

export interface Recovery {
  readonly executionId: number
  readonly incarnation: string
  readonly reason: string
  /** Judged are only these units of it; absent = all of the incarnation's. */
  readonly onlyUnits?: readonly number[]
}

/**
 * One execution in one transaction: CLAIMED units of the dead go back to READY with a higher epoch; when a STARTED or
 * STOPPING one was among them the whole subtree ends and the execution is FAILED. Gives what the execution became, `null`
 * when nothing of it was the dead one's any more.
 */
export async function recoverExecution(
  db: Database,
  recovery: Recovery
): Promise<BatchStatus | 'READY' | null> {
  return await withCapsOf(db, recovery, async trx => {
    const units = await rows<{ unit_id: number; status: string; kind: string; dead: boolean }>(
      trx,
      /* sql */ `select unit_id, status, kind, incarnation = :incarnation or only_incarnation = :incarnation as dead
      from unit where execution_id = :executionId order by unit_id for update`,
      { ...recovery }
    )
    const judged = recovery.onlyUnits === undefined ? null : new Set(recovery.onlyUnits)
    const dead = units.filter(unit => unit.dead && (judged === null || judged.has(unit.unit_id)))
    if (dead.length === 0) return null
    if (dead.every(unit => unit.status === 'CLAIMED' && unit.kind === 'execution')) {
      await rows(
        trx,
        `update unit set status = 'READY', incarnation = null, epoch = epoch + 1
        where execution_id = :executionId and incarnation = :incarnation and status = 'CLAIMED'`,
        { ...recovery }
      )
      return 'READY'
    }
    await endSubtree(trx, { ...recovery, batchStatus: 'FAILED' })
    return 'FAILED'
  })
}

/** Ends every unit of an execution and writes the same end on all that was not final; its units are locked before. */
export async function endSubtree(
  trx: Database,
  end: { readonly executionId: number; readonly batchStatus: 'FAILED' | 'STOPPED'; readonly reason: string }
): Promise<void> {
  await rows(
    trx,
    /* sql */ `
    with gone as (delete from unit where execution_id = :executionId),
    partitions as (
      update partition set batch_status = :batchStatus, exit_status = coalesce(exit_status, :batchStatus),
        end_time = clock_timestamp(), last_updated_time = clock_timestamp(), message = coalesce(message, :reason)
      where execution_id = :executionId and batch_status in ('STARTING', 'STARTED', 'STOPPING')
    ), flows as (
      update flow set batch_status = :batchStatus
      where execution_id = :executionId and batch_status in ('STARTING', 'STARTED', 'STOPPING')
    )
    update step_execution set batch_status = :batchStatus, exit_status = coalesce(exit_status, :batchStatus),
      end_time = clock_timestamp(), last_updated_time = clock_timestamp(), message = coalesce(message, :reason)
    where execution_id = :executionId and batch_status in ('STARTING', 'STARTED', 'STOPPING')`,
    { ...end }
  )
  await rows(
    trx,
    /* sql */ `
    with execution as (
      update job_execution set batch_status = :batchStatus, exit_status = coalesce(exit_status, :batchStatus),
        end_time = clock_timestamp(), last_updated_time = clock_timestamp(), reason = :reason,
        crashes = crashes + 1
      where execution_id = :executionId and batch_status in ('STARTING', 'STARTED', 'STOPPING')
      returning instance_id, batch_status, exit_status, end_time
    )
    update job_instance i set batch_status = e.batch_status, instance_state = e.batch_status,
      exit_status = e.exit_status, last_updated_time = e.end_time
    from execution e where i.instance_id = e.instance_id
      and i.instance_state in ('SUBMITTED', 'JMS_QUEUED', 'JMS_CONSUMED', 'DISPATCHED')`,
    { ...end }
  )
}

/** A forced end of one execution (ENGINE E11): its units go whatever their epoch; `false` when it had ended. */
export async function forceEnd(
  db: Database,
  end: { readonly executionId: number; readonly batchStatus: 'FAILED' | 'STOPPED'; readonly reason: string }
): Promise<boolean> {
  return await withCapsOf(db, end, async trx => {
    const units = await rows(
      trx,
      'select unit_id from unit where execution_id = :executionId order by unit_id for update',
      { ...end }
    )
    if (units.length === 0) return false
    await endSubtree(trx, end)
    return true
  })
}
