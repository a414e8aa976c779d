// The only place that knows how Liberty writes a job execution.
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import type { JobExecutionDetail } from '../../../operator/job-operator.ts'
import { jobInstanceUrl } from './job-instance.ts'
import { Links } from './link.ts'
import { restUrlView, type ViewContext } from './view-context.ts'

export const JobExecutionView = Type.Object({
  jobName: Type.String(),
  executionId: Type.Integer(),
  instanceId: Type.Integer(),
  batchStatus: Type.String(),
  exitStatus: Type.String(),
  createTime: Type.String(),
  endTime: Type.String(),
  lastUpdatedTime: Type.String(),
  startTime: Type.String(),
  jobParameters: Type.Record(Type.String(), Type.String()),
  restUrl: Type.String(),
  serverId: Type.String(),
  logpath: Type.String(),
  stepExecutions: Type.Array(
    Type.Object({
      stepExecutionId: Type.Integer(),
      stepName: Type.String(),
      batchStatus: Type.String(),
      exitStatus: Type.String(),
      stepExecution: Type.String()
    })
  ),
  _links: Links
})
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

/** Where the execution runs, so where it is stopped and its logs lie; relative until a server has picked it up. */
export function ownerUrl(
  { executionId, restUrl }: Pick<JobExecutionDetail, 'executionId' | 'restUrl'>,
  { version }: ViewContext
): string {
  return `${restUrlView(restUrl, version)}jobexecutions/${executionId}`
}
