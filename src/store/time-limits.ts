// How long something has been at work by the database's clock, and the stop of what took too long.
import { TIME_KEEPER } from '../batch/time-limit.ts'
import { type Database, rows } from './database.ts'
import { notify } from './notifications.ts'
import type { RetryOptions } from './retry.ts'
import type { Claim } from './step-starts.ts'
import { markStopping } from './stops.ts'
import { transactionOnce } from './transaction-once.ts'

/** Seconds since the execution was started first: a recovery under `resume`, a yield and a pause count on. */
export async function secondsOfExecution(db: Database, executionId: number): Promise<number> {
  return await secondsOf(db, 'job_execution where execution_id = :id', executionId)
}

export async function secondsOfStep(db: Database, stepExecutionId: number): Promise<number> {
  return await secondsOf(db, 'step_execution where step_execution_id = :id', stepExecutionId)
}

async function secondsOf(db: Database, row: string, id: number): Promise<number> {
  const [found] = await rows<{ seconds: number | null }>(
    db,
    `select extract(epoch from clock_timestamp() - start_time)::double precision as seconds from ${row}`,
    { id }
  )
  return Math.max(0, found?.seconds ?? 0)
}

/**
 * Asks the execution of this unit to stop as an operator would, but to end FAILED with the reason. `false`: the claim is not
 * ours any more, or a stop came before; nothing is changed then.
 */
export async function stopOverdue(
  db: Database,
  unit: Claim & { readonly executionId: number },
  reason: string,
  retry: RetryOptions
): Promise<boolean> {
  return await transactionOnce(db, retry, async trx => {
    const units = await rows<{ unit_id: number; kind: string; epoch: number; status: string }>(
      trx,
      `select unit_id, kind, epoch, status from unit where execution_id = :executionId order by unit_id for update`,
      { executionId: unit.executionId }
    )
    const mine = units.some(
      each => each.unit_id === unit.unitId && each.epoch === unit.epoch && each.status === 'STARTED'
    )
    const root = units.find(each => each.kind === 'execution')
    if (!mine || root?.status !== 'STARTED') return false
    await markStopping(trx, { executionId: unit.executionId, by: TIME_KEEPER, overdue: reason })
    await notify(trx, { kind: 'stop', rootId: root.unit_id })
    return true
  })
}
