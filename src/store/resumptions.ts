// An execution that was interrupted goes on as itself (ENGINE E12, `resume`): its root is READY with a higher epoch, what ran
// below it is made anew when the root enters it again, and steps and partitions keep their checkpoints.
import { type Database, rows } from './database.ts'

/** In a transaction that has locked its units. */
export async function resumeExecution(
  trx: Database,
  resumed: { readonly executionId: number; readonly rootId: number }
): Promise<void> {
  await rows(
    trx,
    /* sql */ `
    with gone as (delete from unit where execution_id = :executionId and unit_id <> :rootId),
    root as (
      update unit set status = 'READY', epoch = epoch + 1, incarnation = null, resumed = true
      where unit_id = :rootId and status in ('CLAIMED', 'STARTED')
    ), partitions as (
      update partition set batch_status = 'STARTING', last_updated_time = clock_timestamp()
      where execution_id = :executionId and batch_status = 'STARTED'
    ), flows as (
      update flow set batch_status = 'STARTING' where execution_id = :executionId and batch_status = 'STARTED'
    ), execution as (
      update job_execution set batch_status = 'STARTING', crashes = crashes + 1, last_updated_time = clock_timestamp()
      where execution_id = :executionId and batch_status = 'STARTED' returning instance_id
    )
    update job_instance i set batch_status = 'STARTING', last_updated_time = clock_timestamp()
    from execution e where i.instance_id = e.instance_id and i.instance_state = 'DISPATCHED'`,
    { ...resumed }
  )
}
