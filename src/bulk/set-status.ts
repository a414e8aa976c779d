// What a caller asks of a bulk job's status: to confirm it, or to cancel it; anything else it decides itself.
import { BatchError } from '../batch/batch-error.ts'
import type { BulkJob } from '../batch/bulk-job.ts'
import { appendAudit } from '../store/audit.ts'
import { findBulkJob } from '../store/bulk-jobs.ts'
import { type BulkMove, moveBulkJob } from '../store/bulk-moves.ts'
import type { BulkJobStatus } from '../batch/bulk-job-status.ts'
import type { Database } from '../store/database.ts'
import { transactionOnce } from '../store/transaction-once.ts'

const AWAY_MS = 8000

export interface StatusChange {
  readonly requested: 'Ready' | 'Cancelled'
  readonly reason: string | null
  readonly by: string
}

/** The status it has then. Rejects with BulkJobState when its status does not allow it. */
export async function setBulkJobStatus(
  db: Database,
  { jobId }: BulkJob,
  change: StatusChange
): Promise<BulkJobStatus> {
  const move = moveOf(jobId, change)
  const moved = await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    if (!(await moveBulkJob(trx, move))) return false
    await appendAudit(trx, [
      {
        who: change.by,
        what: change.requested === 'Ready' ? 'job.confirm' : 'job.cancel',
        target: `job:${jobId}`,
        reason: change.reason,
        after: { status: move.to }
      }
    ])
    return true
  })
  if (moved) return move.to
  const now = await findBulkJob(db, jobId)
  if (now === null) throw new BatchError('NoSuchBulkJob', [jobId])
  // Asked again while the first time is under way.
  if (change.requested === 'Cancelled' && now.status === 'Cancelling') return now.status
  const why =
    change.requested === 'Ready' ? 'only one that is Suspended is confirmed' : 'it is too late to cancel it'
  throw new BatchError('BulkJobState', [jobId, now.status, why])
}

function moveOf(jobId: string, { requested, reason, by }: StatusChange): BulkMove {
  const told = { jobId, reason, statusUpdateReason: reason }
  return requested === 'Ready'
    ? { ...told, by: 'confirm', to: 'Ready' }
    : { ...told, by: 'cancel', to: 'Cancelling', cancelledBy: by }
}
