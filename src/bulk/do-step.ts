// Does one step for a bulk job: a guarded move, or a call of the operator; whatever came between, the next look sees it.
import { BatchError, type BatchErrorCode } from '../batch/batch-error.ts'
import { exceedsThreshold, type FailureReason } from '../batch/bulk-job.ts'
import { adminCaller } from '../operator/caller.ts'
import { findBulkJob } from '../store/bulk-jobs.ts'
import { type BulkJobLook, moveBulkJob } from '../store/bulk-moves.ts'
import type { BulkOptions } from './bulk-options.ts'
import { endBulkJob } from './end-job.ts'
import type { NextStep } from './next-step.ts'
import { prepareBulkJob } from './prepare-job.ts'
import { startRuns } from './start-runs.ts'
import { submitBulkJob } from './submit-job.ts'

/** The server itself, to the operator; stops in the name of a person are his. */
export const BULK_CALLER = adminCaller('batchyard')

/** `true`: the job was moved. */
export async function doStep(
  options: BulkOptions,
  look: BulkJobLook,
  step: NextStep,
  stopping: AbortSignal
): Promise<boolean> {
  const { db, operator } = options
  const { jobId, executionId } = look
  switch (step.kind) {
    case 'wait':
      return false
    case 'prepare':
      return await prepare(options, look, stopping)
    case 'activate':
      return await moveBulkJob(db, { jobId, by: 'activate', to: 'Active' })
    case 'submit':
      return await submitBulkJob(options, look, stopping)
    case 'startRuns':
      return await startRuns(options, jobId)
    case 'pause':
      return await moveBulkJob(db, { jobId, by: 'pause', to: 'Pausing', reason: step.reason })
    case 'pauseExecution':
      return await asked(() => operator.pauseExecution(executionId!, BULK_CALLER))
    case 'paused':
      return await moveBulkJob(db, { jobId, by: 'paused', to: 'Paused' })
    case 'resume':
      return await moveBulkJob(db, { jobId, by: 'resume', to: 'Active' })
    case 'unpauseExecution':
      return await asked(() => operator.unpauseExecution(executionId!, BULK_CALLER))
    case 'complete':
      return await complete(options, jobId)
    case 'cancel':
      return await moveBulkJob(db, { jobId, by: 'cancel', to: 'Cancelling', reason: step.reason })
    case 'fail':
      return await fail(options, jobId, step.failure)
    case 'stopExecution': {
      const by = look.cancelledBy === null ? BULK_CALLER : adminCaller(look.cancelledBy)
      return await asked(() => operator.stopExecution(executionId!, by))
    }
    case 'end':
      return await end(options, jobId, stopping)
  }
}

/** The execution ended, or what was asked for had happened before the call. */
const TOO_LATE: readonly BatchErrorCode[] = [
  'JobExecutionNotRunning',
  'JobExecutionNotPaused',
  'NoSuchJobExecution'
]

async function asked(call: () => Promise<unknown>): Promise<false> {
  try {
    await call()
  } catch (error) {
    if (!(error instanceof BatchError && TOO_LATE.includes(error.code))) throw error
  }
  // What it came to is seen by a look in a while: the execution takes its time.
  return false
}

async function prepare(options: BulkOptions, look: BulkJobLook, stopping: AbortSignal): Promise<boolean> {
  const { db, longDb, limits, incarnation: worker } = options
  const { jobId } = look
  if (look.status === 'New' && !(await moveBulkJob(db, { jobId, worker, by: 'prepare', to: 'Preparing' })))
    return false
  const job = await findBulkJob(db, jobId)
  if (job === null || job.status !== 'Preparing') return false
  const cancelled = watchFor(options, jobId, stopping)
  try {
    const refused = await prepareBulkJob({ db, longDb, limits, worker }, job, cancelled.signal)
    if (refused === null) return true
    const failure = { failureCode: refused.failureCode, failureReason: refused.message }
    return await moveBulkJob(db, {
      jobId,
      worker,
      by: 'fail',
      to: 'Failing',
      reason: refused.message,
      failure
    })
  } finally {
    cancelled.end()
  }
}

const CANCEL_LOOK_MS = 1000

/** A manifest of millions is not read to its end for a job that was cancelled meanwhile. */
function watchFor({ db }: BulkOptions, jobId: string, stopping: AbortSignal) {
  const given = new AbortController()
  const timer = setInterval(() => {
    findBulkJob(db, jobId).then(
      job => {
        if (job?.status !== 'Preparing') given.abort(new Error('the bulk job was cancelled'))
      },
      () => {}
    )
  }, CANCEL_LOOK_MS)
  return { signal: AbortSignal.any([stopping, given.signal]), end: () => clearInterval(timer) }
}

/** Its instance is COMPLETED: every task has an outcome, and the last of them may have been one failure too many. */
async function complete(options: BulkOptions, jobId: string): Promise<boolean> {
  const job = await findBulkJob(options.db, jobId)
  if (job === null) return false
  const failure = exceedsThreshold(job.failureThreshold, job)
    ? exceeded(job)
    : job.succeeded + job.failed < job.total
      ? {
          failureCode: 'TasksMissing',
          failureReason: `${job.total - job.succeeded - job.failed} tasks have no outcome`
        }
      : null
  if (failure !== null) return await fail(options, jobId, failure)
  return await moveBulkJob(options.db, { jobId, by: 'complete', to: 'Completing' })
}

async function fail(options: BulkOptions, jobId: string, failure: FailureReason): Promise<boolean> {
  const job = await findBulkJob(options.db, jobId)
  if (job === null) return false
  // The execution failed because of it: its partitions say so, one of them first.
  const why = exceedsThreshold(job.failureThreshold, job) ? exceeded(job) : failure
  return await moveBulkJob(options.db, {
    jobId,
    by: 'fail',
    to: 'Failing',
    reason: why.failureReason,
    failure: why
  })
}

function exceeded(job: { readonly succeeded: number; readonly failed: number }): FailureReason {
  const done = job.succeeded + job.failed
  return {
    failureCode: 'FailureThresholdExceeded',
    failureReason: `${job.failed} of the ${done} tasks that were done failed`
  }
}

async function end(options: BulkOptions, jobId: string, stopping: AbortSignal): Promise<boolean> {
  const job = await findBulkJob(options.db, jobId)
  return job !== null && (await endBulkJob(options, job, stopping))
}
