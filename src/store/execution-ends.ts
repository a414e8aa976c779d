// The end of a whole execution from outside: all its units go, and all that was not final of it gets the same end.
import { DROP_COLLECTED } from './collected-data.ts'
import { type Database, rows } from './database.ts'

export interface ExecutionEnd {
  readonly executionId: number
  readonly batchStatus: 'FAILED' | 'STOPPED'
  readonly reason: string
  /** Its server died: it counts towards the crash budget. */
  readonly crashed: boolean
}

/** In a transaction that has locked its units (ENGINE E8: no row fences like a higher epoch). */
export async function endSubtree(trx: Database, end: ExecutionEnd): Promise<void> {
  await rows(
    trx,
    /* sql */ `
    with gone as (delete from unit where execution_id = :executionId),
    partitions as (
      update partition set batch_status = :batchStatus, exit_status = coalesce(exit_status, :batchStatus),
        end_time = clock_timestamp(), last_updated_time = clock_timestamp(), message = coalesce(message, :reason)
      where execution_id = :executionId and batch_status in ('STARTING', 'STARTED', 'STOPPING')
    ), ${DROP_COLLECTED}, flows as (
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
        crashes = crashes + :crashed::boolean::integer
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
