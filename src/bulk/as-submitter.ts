// What the server asks of the operator in the name of whoever created a bulk job, and which refusals of it are no end.
import type { BatchErrorCode } from '../batch/batch-error.ts'
import type { BulkJob } from '../batch/bulk-job.ts'
import type { Caller } from '../operator/caller.ts'

/** They pass: the next round tries again. */
export const PASSING: readonly BatchErrorCode[] = [
  'MaintenanceMode',
  'ServerStopping',
  'DatabaseAway',
  'StatementTimeout',
  'Internal'
]

/** In whose name something is done for a bulk job was decided when it was created. */
export function submitterOf({ submitter }: Pick<BulkJob, 'submitter'>): Caller {
  return { user: submitter, roles: ['batchSubmitter'], groups: [] }
}
