// Gives a job that waits another priority, as its submitter might have given it at once.
import { BatchError } from '../batch/batch-error.ts'
import { changePriority } from '../store/priorities.ts'
import { executionOf } from './abandon-execution.ts'
import type { Caller } from './caller.ts'
import type { OperatorOptions } from './operator-options.ts'

export interface WaitingExecution {
  readonly executionId: number
  readonly instanceId: number
  /** 0 (lowest) to 9. */
  readonly priority: number
}

/** Rejects with JobExecutionNotWaiting once it has ended, or has begun and gives way to nobody. Safe to repeat. */
export async function changeExecutionPriority(
  options: OperatorOptions,
  executionId: number,
  priority: number,
  caller: Caller
): Promise<WaitingExecution> {
  await executionOf(options, executionId)
  const verdict = await changePriority(options.db, { executionId, priority, by: caller.user })
  if (verdict.kind === 'notWaiting')
    throw new BatchError('JobExecutionNotWaiting', [executionId, verdict.batchStatus])
  // What waits may be more urgent now than what runs (ENGINE E12).
  options.wake(true)
  return { executionId, instanceId: verdict.instanceId, priority }
}
