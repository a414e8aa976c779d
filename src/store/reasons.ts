// Why an execution ends as it will, known to a server that does not end it.
import { type Database, rows } from './database.ts'

/** Its end keeps it, unless the job is COMPLETED all the same or has a reason of its own. */
export async function noteReason(db: Database, executionId: number, reason: string): Promise<void> {
  await rows(
    db,
    /* sql */ `update job_execution set reason = coalesce(reason, :reason)
    where execution_id = :executionId and batch_status in ('STARTED', 'STOPPING')`,
    { executionId, reason }
  )
}
