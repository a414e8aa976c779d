// The only place that knows how Liberty writes a job instance.
import { Type, type Static } from 'typebox'
import type { JobInstance } from '../../../batch/job-records.ts'
import { closedObject } from '../../open-api/closed-object.ts'
import { BatchStatusWord, Id, InstanceStateWord } from '../../open-api/words.ts'
import { DateTextWord } from './date-text.ts'
import { Links } from './link.ts'
import type { ViewContext } from './view-context.ts'

export const JobInstanceView = closedObject(
  {
    jobName: Type.String(),
    instanceId: Id,
    appName: Type.String(),
    submitter: Type.String(),
    batchStatus: BatchStatusWord,
    jobXMLName: Type.String(),
    instanceState: InstanceStateWord,
    lastUpdatedTime: DateTextWord,
    JESJobName: Type.Optional(Type.String()),
    JESJobId: Type.Optional(Type.String()),
    _links: Links
  },
  { title: 'JobInstance' }
)
export type JobInstanceView = Static<typeof JobInstanceView>

/** As in lists and in the answer to its own URL: with the job's JES names and a link for each execution, newest first. */
export function jobInstanceView(instance: JobInstance, context: ViewContext): JobInstanceView {
  const { _links, ...fields } = briefJobInstanceView(instance, context)
  const self = jobInstanceUrl(instance.instanceId, context)
  const executions = Array.from({ length: instance.executions }, (_, at) => ({
    rel: 'job execution',
    href: `${self}/jobexecutions/${instance.executions - 1 - at}`
  }))
  return {
    ...fields,
    ...(instance.jesJobName === undefined ? {} : { JESJobName: instance.jesJobName }),
    ...(instance.jesJobId === undefined ? {} : { JESJobId: instance.jesJobId }),
    _links: [..._links, ...executions]
  }
}

/** As in the answers to a submit, to a restart, and to an execution's `/jobinstance`. */
export function briefJobInstanceView(instance: JobInstance, context: ViewContext): JobInstanceView {
  const self = jobInstanceUrl(instance.instanceId, context)
  return {
    jobName: instance.jobName,
    instanceId: instance.instanceId,
    appName: instance.appName,
    submitter: instance.submitter,
    batchStatus: instance.batchStatus,
    jobXMLName: instance.jobXMLName,
    instanceState: instance.instanceState,
    lastUpdatedTime: context.dateText(instance.lastUpdatedTime),
    _links: [
      { rel: 'self', href: self },
      { rel: 'job logs', href: `${self}/joblogs` }
    ]
  }
}

export function jobInstanceUrl(instanceId: number, { root }: ViewContext): string {
  return `${root}/jobinstances/${instanceId}`
}
