// Puts the use cases together as one JobOperator.
import { BatchError } from '../batch/batch-error.ts'
import { findJobExecution, findJobExecutionByNumber, listJobExecutions } from '../store/job-executions.ts'
import { findJobInstance, listJobInstances } from '../store/job-instances.ts'
import { selectInstances } from '../store/instance-selection.ts'
import { isAway, isStatementTimeout } from '../store/retry.ts'
import { findStepExecution, listStepExecutions } from '../store/step-executions.ts'
import { instanceJobLog, jobLog, jobLogParts } from './job-logs.ts'
import type { JobOperator } from './job-operator.ts'
import type { OperatorOptions } from './operator-options.ts'
import { deleteInstanceJobLogs, purgeJobInstance, purgeJobInstances } from './purge-job.ts'
import { restartJob } from './restart-job.ts'
import { stopJobExecution, stopJobInstance } from './stop-job.ts'
import { createSubmitBatcher, submitJob } from './submit-job.ts'

export function createJobOperator(options: OperatorOptions): JobOperator {
  const { db } = options
  const submits = createSubmitBatcher(db)

  const instanceOf = async (instanceId: number) => {
    const instance = await findJobInstance(db, instanceId)
    if (instance === null) throw new BatchError('NoSuchJobInstance', [instanceId])
    return instance
  }
  const executionOf = async (executionId: number) => {
    const execution = await findJobExecution(db, executionId)
    if (execution === null) throw new BatchError('NoSuchJobExecution', [executionId])
    return execution
  }

  return refusingWhileAway(options.statementTimeoutSeconds, {
    submit: (submission, caller) => submitJob(options, submits, submission, caller),
    jobInstances: paging => listJobInstances(db, paging),
    jobInstance: instanceOf,
    async jobExecutions(instanceId) {
      await instanceOf(instanceId)
      return await listJobExecutions(db, instanceId)
    },
    jobExecution: executionOf,
    async jobExecutionByNumber(instanceId, executionNumber) {
      await instanceOf(instanceId)
      const execution = await findJobExecutionByNumber(db, instanceId, executionNumber)
      if (execution === null) throw new BatchError('NoSuchExecutionNumber', [instanceId, executionNumber])
      return execution
    },
    jobInstanceOfExecution: async executionId =>
      await instanceOf((await executionOf(executionId)).instanceId),
    async stepExecutions(executionId, stepName) {
      await executionOf(executionId)
      const steps = await listStepExecutions(db, executionId)
      if (stepName === null) return steps
      const named = steps.filter(step => step.stepName === stepName)
      if (named.length === 0) throw new BatchError('NoSuchStep', [executionId, stepName])
      return named
    },
    async stepExecution(stepExecutionId) {
      const step = await findStepExecution(db, stepExecutionId)
      if (step === null) throw new BatchError('NoSuchStepExecution', [stepExecutionId])
      return step
    },
    stopExecution: (executionId, caller) => stopJobExecution(options, executionId, caller),
    stopInstance: (instanceId, caller) => stopJobInstance(options, instanceId, caller),
    restart: request => restartJob(options, request),
    purge: (instanceId, purge) => purgeJobInstance(options, instanceId, purge),
    purgeAll: async (selection, paging, purge) =>
      await purgeJobInstances(options, await selectInstances(db, selection, paging), purge),
    deleteJobLogs: instanceId => deleteInstanceJobLogs(options, instanceId),
    jobLogParts: executionId => jobLogParts(options, executionId),
    jobLogText: (executionId, part) => jobLog(options, executionId, part, 'text'),
    jobLogZip: (executionId, part) => jobLog(options, executionId, part, 'zip'),
    instanceJobLogText: instanceId => instanceJobLog(options, instanceId, 'text'),
    instanceJobLogZip: instanceId => instanceJobLog(options, instanceId, 'zip')
  })
}

/** What PostgreSQL could not do in time, or at all, is a refusal that a client can act on, not a fault. */
function refusingWhileAway(statementTimeoutSeconds: number, operator: JobOperator): JobOperator {
  const refusing = Object.entries(operator).map(([name, useCase]) => {
    const call = useCase as (...args: unknown[]) => Promise<unknown>
    return [
      name,
      async (...args: unknown[]) => {
        try {
          return await call(...args)
        } catch (error) {
          if (isStatementTimeout(error))
            throw new BatchError('StatementTimeout', [statementTimeoutSeconds], { cause: error })
          if (isAway(error)) throw new BatchError('DatabaseAway', [], { cause: error })
          throw error
        }
      }
    ]
  })
  return Object.fromEntries(refusing) as JobOperator
}
