// The end of what will never end by itself: an operator says how and why, and whatever still works on it is cut off.
import { BatchError } from '../batch/batch-error.ts'
import { forceEndExecution } from '../store/force-ends.ts'
import { findJobExecution } from '../store/job-executions.ts'
import { executionOf } from './abandon-execution.ts'
import { checkText } from './check-submission.ts'
import type { Caller, ForcedEnd, JobExecutionDetail } from './job-operator.ts'
import type { OperatorOptions } from './operator-options.ts'

/** Whoever holds it, alive, dead or nobody yet. One that has ended is refused with JobExecutionNotRunning. */
export async function forceEndJobExecution(
  options: OperatorOptions,
  executionId: number,
  { batchStatus, reason }: ForcedEnd,
  caller: Caller
): Promise<JobExecutionDetail> {
  checkText('reason', reason)
  if (reason.trim() === '') throw new BatchError('ParameterInvalid', ['reason', 'it must say why.'])
  if ((await findJobExecution(options.db, executionId)) === null)
    throw new BatchError('NoSuchJobExecution', [executionId])
  const verdict = await forceEndExecution(options.db, { executionId, batchStatus, reason, by: caller.user })
  if (verdict.kind === 'notRunning')
    throw new BatchError('JobExecutionNotRunning', [executionId, verdict.batchStatus])
  options.executionEnded(executionId)
  // Its places are free for others.
  options.wake()
  return await executionOf(options, executionId)
}
