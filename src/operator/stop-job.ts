// Stops an execution: the guarded update decides whether it came before the end (ENGINE E11).
import { BatchError } from '../batch/batch-error.ts'
import { findJobExecution, findJobExecutionByNumber } from '../store/job-executions.ts'
import { findJobInstance } from '../store/job-instances.ts'
import { stopExecution } from '../store/stops.ts'
import type { Caller, JobExecutionDetail } from './job-operator.ts'
import type { OperatorOptions } from './operator-options.ts'

export async function stopJobExecution(
  options: OperatorOptions,
  executionId: number,
  caller: Caller
): Promise<JobExecutionDetail> {
  const execution = await findJobExecution(options.db, executionId)
  if (execution === null) throw new BatchError('NoSuchJobExecution', [executionId])
  const verdict = await stopExecution(options.db, {
    executionId,
    by: caller.user,
    reason: `stopped by ${caller.user} before it began`
  })
  switch (verdict.kind) {
    case 'notRunning':
      throw new BatchError('JobExecutionNotRunning', [executionId, verdict.batchStatus])
    case 'stopping':
      options.stopRequested(executionId)
      break
    case 'stopped':
      break
  }
  return (await findJobExecution(options.db, executionId))!
}

/** The latest execution of the instance. */
export async function stopJobInstance(
  options: OperatorOptions,
  instanceId: number,
  caller: Caller
): Promise<JobExecutionDetail> {
  const instance = await findJobInstance(options.db, instanceId)
  if (instance === null) throw new BatchError('NoSuchJobInstance', [instanceId])
  const latest = await findJobExecutionByNumber(options.db, instanceId, instance.executions - 1)
  if (latest === null) throw new BatchError('NoSuchJobInstance', [instanceId])
  return await stopJobExecution(options, latest.executionId, caller)
}
