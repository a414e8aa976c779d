// The only place that knows how Liberty writes a job execution.
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import type { JobExecutionDetail } from '../../../operator/job-operator.ts'
import { closedObject } from '../../open-api/closed-object.ts'
import { BatchStatusWord, Id } from '../../open-api/words.ts'
import { DateTextWord } from './date-text.ts'
import { jobInstanceUrl } from './job-instance.ts'
import { Links } from './link.ts'
import { restUrlView, type ViewContext } from './view-context.ts'

export const JobExecutionView = closedObject(
  {
    jobName: Type.String(),
    executionId: Id,
    instanceId: Id,
    batchStatus: BatchStatusWord,
    exitStatus: Type.String(),
    createTime: DateTextWord,
    endTime: DateTextWord,
    lastUpdatedTime: DateTextWord,
    startTime: DateTextWord,
    jobParameters: Type.Record(Type.String(), Type.String()),
    restUrl: Type.String(),
    serverId: Type.String(),
    logpath: Type.String(),
    stepExecutions: Type.Array(
      closedObject({
        stepExecutionId: Id,
        stepName: Type.String(),
        batchStatus: BatchStatusWord,
        exitStatus: Type.String(),
        stepExecution: Type.String({ description: 'Its URL.' })
      })
    ),
    _links: Links
  },
  { title: 'JobExecution' }
)
export type JobExecutionView = Static<typeof JobExecutionView>

export function jobExecutionView(execution: JobExecutionDetail, context: ViewContext): JobExecutionView {
  const { executionId, instanceId, logPath } = execution
  const self = jobExecutionUrl(executionId, context)
  const steps = `${self}/stepexecutions`
  const owner = ownerUrl(execution, context)
  return {
    jobName: execution.jobName,
    executionId,
    instanceId,
    batchStatus: execution.batchStatus,
    exitStatus: execution.exitStatus ?? '',
    createTime: context.dateText(execution.createTime),
    endTime: context.dateText(execution.endTime),
    lastUpdatedTime: context.dateText(execution.lastUpdatedTime),
    startTime: context.dateText(execution.startTime),
    jobParameters: { ...execution.jobParameters },
    restUrl: restUrlView(execution.restUrl, context.version),
    serverId: execution.serverId,
    logpath: logPath === '' ? '' : join(context.jobLogDir, logPath),
    stepExecutions: execution.steps.map(step => ({
      stepExecutionId: step.stepExecutionId,
      stepName: step.stepName,
      batchStatus: step.batchStatus,
      exitStatus: step.exitStatus ?? '',
      stepExecution: `${steps}/${encodeURIComponent(step.stepName)}`
    })),
    // Clients find the steps' link by its place, so the order is part of the contract.
    _links: [
      { rel: 'self', href: self },
      { rel: 'job instance', href: jobInstanceUrl(instanceId, context) },
      { rel: 'step executions', href: steps },
      { rel: 'job logs', href: `${owner}/joblogs` },
      { rel: 'stop url', href: `${owner}?action=stop` }
    ]
  }
}

export function jobExecutionUrl(executionId: number, { root }: ViewContext): string {
  return `${root}/jobexecutions/${executionId}`
}

/** Where the execution runs, so where it is stopped and its logs lie; here until a server has picked it up. */
export function ownerUrl(
  { executionId, restUrl }: Pick<JobExecutionDetail, 'executionId' | 'restUrl'>,
  context: ViewContext
): string {
  // The product's links begin with nothing then, and lead nowhere.
  if (restUrl === '') return jobExecutionUrl(executionId, context)
  return `${restUrlView(restUrl, context.version)}jobexecutions/${executionId}`
}
