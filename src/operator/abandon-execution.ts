// JSR-352 §10.9.4 JobOperator.abandon: what nobody will restart any more, so that nobody restarts it by mistake.
import { BatchError } from '../batch/batch-error.ts'
import { abandonExecution } from '../store/force-ends.ts'
import { findJobExecution } from '../store/job-executions.ts'
import { checkText } from './check-submission.ts'
import type { Caller, JobExecutionDetail } from './job-operator.ts'
import type { OperatorOptions } from './operator-options.ts'

/** Refused while it runs, as the specification and the product have it: STARTING and STARTED only. Safe to repeat. */
export async function abandonJobExecution(
  options: OperatorOptions,
  executionId: number,
  reason: string | null,
  caller: Caller
): Promise<JobExecutionDetail> {
  const { db } = options
  if (reason !== null) checkText('reason', reason)
  if ((await findJobExecution(db, executionId)) === null)
    throw new BatchError('NoSuchJobExecution', [executionId])
  const verdict = await abandonExecution(db, { executionId, reason, by: caller.user })
  switch (verdict.kind) {
    case 'running':
      throw new BatchError('JobExecutionIsRunning', [verdict.executionId, verdict.batchStatus])
    case 'purging':
      throw new BatchError('JobInstancePurging', [verdict.instanceId])
    case 'abandoned':
      if (verdict.stopped) options.executionEnded(executionId)
  }
  return await executionOf(options, executionId)
}

/** As it stands now; a purge may have been faster. */
export async function executionOf({ db }: OperatorOptions, executionId: number): Promise<JobExecutionDetail> {
  const execution = await findJobExecution(db, executionId)
  if (execution === null) throw new BatchError('NoSuchJobExecution', [executionId])
  return execution
}
