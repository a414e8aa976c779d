// Stops an execution: the guarded update decides whether it came before the end (ENGINE E11).
import { BatchError } from '../batch/batch-error.ts'
import { findJobExecution, findJobExecutionByNumber } from '../store/job-executions.ts'
import { findJobInstance } from '../store/job-instances.ts'
import { stopExecution } from '../store/stops.ts'
import type { Caller, JobExecutionDetail } from './job-operator.ts'
import type { OperatorOptions } from './operator-options.ts'

/** Executions whose stop this server has answered, and to whom; the oldest are forgotten. */
export type AnsweredStops = Map<number, string>

const REMEMBERED = 10_000

export async function stopJobExecution(
  options: OperatorOptions,
  answered: AnsweredStops,
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
    case 'stoppedBefore':
      // Whoever was told here asks anew; who was sent here by another server, or by its crash, asks for the first time.
      if (answered.get(executionId) === caller.user)
        throw new BatchError('JobExecutionNotRunning', [executionId, 'STOPPED'])
      break
    case 'stopping':
      options.stopRequested(executionId)
      break
    case 'stopped':
      break
  }
  answered.delete(executionId)
  answered.set(executionId, caller.user)
  if (answered.size > REMEMBERED) answered.delete(answered.keys().next().value!)
  return (await findJobExecution(options.db, executionId))!
}

/** The latest execution of the instance. */
export async function stopJobInstance(
  options: OperatorOptions,
  answered: AnsweredStops,
  instanceId: number,
  caller: Caller
): Promise<JobExecutionDetail> {
  const instance = await findJobInstance(options.db, instanceId)
  if (instance === null) throw new BatchError('NoSuchJobInstance', [instanceId])
  const latest = await findJobExecutionByNumber(options.db, instanceId, instance.executions - 1)
  if (latest === null) throw new BatchError('NoSuchJobInstance', [instanceId])
  return await stopJobExecution(options, answered, latest.executionId, caller)
}
