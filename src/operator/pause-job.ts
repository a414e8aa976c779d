// Pauses an execution at its next checkpoint, and lets the same execution go on: how work of higher priority gets the threads.
import { BatchError } from '../batch/batch-error.ts'
import { pauseExecution, unpauseExecution } from '../store/pauses.ts'
import { executionOf } from './abandon-execution.ts'
import type { Caller, JobExecutionDetail } from './job-operator.ts'
import type { OperatorOptions } from './operator-options.ts'

/** `paused`: it waits. `pausing`: it runs to its next checkpoint first, and batchlets run to their end. Safe to repeat. */
export async function pauseJobExecution(
  options: OperatorOptions,
  executionId: number,
  caller: Caller
): Promise<'paused' | 'pausing'> {
  await executionOf(options, executionId)
  const verdict = await pauseExecution(options.db, executionId, caller.user)
  if (verdict.kind === 'notRunning')
    throw new BatchError('JobExecutionNotRunning', [executionId, verdict.batchStatus])
  if (verdict.kind === 'pausing') options.pauseRequested(executionId)
  return verdict.kind
}

/** Rejects with JobExecutionNotPaused where there is no pause to end. */
export async function unpauseJobExecution(
  options: OperatorOptions,
  executionId: number,
  caller: Caller
): Promise<JobExecutionDetail> {
  await executionOf(options, executionId)
  const verdict = await unpauseExecution(options.db, executionId, caller.user)
  if (verdict.kind === 'notPaused')
    throw new BatchError('JobExecutionNotPaused', [executionId, verdict.batchStatus])
  options.wake()
  return await executionOf(options, executionId)
}
