// The end of a bulk job, with its report: it is there at the move to the last status, and not before (R002-19, R002-40).
import type { BulkJob } from '../batch/bulk-job.ts'
import type { BulkJobStatus } from '../batch/bulk-job-status.ts'
import { moveBulkJob } from '../store/bulk-moves.ts'
import type { BulkOptions } from './bulk-options.ts'
import { shownCreation } from './shown-job.ts'
import { stopRuns } from './start-runs.ts'
import { writeReport } from './write-report.ts'

const END: Partial<Record<BulkJobStatus, BulkJobStatus>> = {
  Completing: 'Complete',
  Cancelling: 'Cancelled',
  Failing: 'Failed'
}

/** Nothing of it runs any more, and this server is its worker. `true`: it was moved. */
export async function endBulkJob(options: BulkOptions, job: BulkJob, signal: AbortSignal): Promise<boolean> {
  const { db, secretWords, clock, incarnation: worker } = options
  const to = END[job.status]
  if (to === undefined) return false
  const { jobId, failureReasons } = job
  if (to !== 'Complete') await stopRuns(options, job)
  const report = await writeReport(db, job, {
    status: to,
    time: new Date(clock.now()),
    shown: { jobId, ...shownCreation(job, secretWords), progressSummary: progressOf(job), failureReasons },
    signal
  })
  return await moveBulkJob(db, { jobId, worker, by: 'end', to, report })
}

function progressOf({ total, succeeded, failed }: BulkJob) {
  return { totalNumberOfTasks: total, numberOfTasksSucceeded: succeeded, numberOfTasksFailed: failed }
}
