// What is to be done next for a bulk job, from its status and that of its job instance: a pure decision, so that every case of
// it can be tried. Each step is safe to be done twice, and to be done by two servers: the moves are guarded.
import { FINAL_BATCH_STATUSES } from '../batch/batch-status.ts'
import type { FailureReason } from '../batch/bulk-job.ts'
import type { BulkJobLook } from '../store/bulk-moves.ts'

export type NextStep =
  /** Nothing now: it waits for its turn, its instance, or the server that works on it. */
  | { readonly kind: 'wait' }
  /** Read the manifest. */
  | { readonly kind: 'prepare' }
  | { readonly kind: 'activate' }
  /** Submit its job instance, or find the one that a dead server submitted. */
  | { readonly kind: 'submit' }
  | { readonly kind: 'pause'; readonly reason: string }
  /** Ask the engine to pause the execution. */
  | { readonly kind: 'pauseExecution' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'resume' }
  /** Start runs of its job definition. */
  | { readonly kind: 'startRuns' }
  /** End a pause of the execution. */
  | { readonly kind: 'unpauseExecution' }
  | { readonly kind: 'complete' }
  | { readonly kind: 'cancel'; readonly reason: string }
  | { readonly kind: 'fail'; readonly failure: FailureReason }
  /** Stop the execution, which still runs. */
  | { readonly kind: 'stopExecution' }
  /** Write the report and end. */
  | { readonly kind: 'end' }

const WAIT: NextStep = { kind: 'wait' }

/** `busy`: another server that is alive works on it, or this one does at this moment. */
export function nextStep(look: BulkJobLook, busy: boolean): NextStep {
  const { status, instanceId, waitsFor, yieldsTo } = look
  if (busy) return WAIT
  const ended = hasEnded(look)
  switch (status) {
    case 'New':
    case 'Preparing':
      return { kind: 'prepare' }
    case 'Ready':
      return waitsFor === null ? { kind: 'activate' } : WAIT
    case 'Active':
      if (instanceId === null) return { kind: 'submit' }
      if (ended) return afterEnd(look)
      if (yieldsTo !== null) return { kind: 'pause', reason: `bulk job ${yieldsTo} has a higher priority` }
      if (look.pause !== 'none' && !look.waitsForRuns) return { kind: 'unpauseExecution' }
      if (look.pause === 'none' && givesThread(look)) return { kind: 'pauseExecution' }
      return look.startsRuns ? { kind: 'startRuns' } : WAIT
    case 'Pausing':
      // What ended before it could pause has no work left that could go on.
      if (ended || look.pause === 'paused') return { kind: 'paused' }
      return look.pause === 'none' ? { kind: 'pauseExecution' } : WAIT
    case 'Paused':
      if (look.batchStatus === 'STOPPED') return { kind: 'cancel', reason: reasonOf(look, STOPPED) }
      return waitsFor === null ? { kind: 'resume' } : WAIT
    case 'Completing':
      return { kind: 'end' }
    case 'Cancelling':
    case 'Failing':
      if (instanceId === null) return { kind: 'submit' }
      if (ended) return { kind: 'end' }
      return look.batchStatus === 'STOPPING' ? WAIT : { kind: 'stopExecution' }
    case 'Suspended':
    case 'Complete':
    case 'Cancelled':
    case 'Failed':
      return WAIT
  }
}

/** While its runs run its execution would only hold a thread, and they could wait for that one for ever. */
function givesThread({ waitsForRuns, threadsWanted }: BulkJobLook): boolean {
  return waitsForRuns && threadsWanted
}

const STOPPED = 'its job instance was stopped'

/** The instance of an ended one may have been purged meanwhile. */
function hasEnded({ instanceId, batchStatus }: BulkJobLook): boolean {
  if (instanceId === null) return false
  return batchStatus === null || FINAL_BATCH_STATUSES.some(final => final === batchStatus)
}

function afterEnd(look: BulkJobLook): NextStep {
  switch (look.batchStatus) {
    case 'COMPLETED':
      return { kind: 'complete' }
    case 'STOPPED':
      return { kind: 'cancel', reason: reasonOf(look, STOPPED) }
    case null:
      return failed('JobInstancePurged', `job instance ${look.instanceId} was purged`)
    default:
      return failed('JobExecutionFailed', reasonOf(look, `its job execution is ${look.batchStatus}`))
  }
}

function failed(failureCode: string, failureReason: string): NextStep {
  return { kind: 'fail', failure: { failureCode, failureReason } }
}

const LONGEST_REASON = 1024

function reasonOf({ executionReason }: BulkJobLook, otherwise: string): string {
  const reason = executionReason ?? otherwise
  return reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON - 1).toWellFormed()}…` : reason
}
