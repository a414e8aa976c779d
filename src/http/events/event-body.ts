// The only place that knows how Liberty writes the JSON of a batch event, from the row as it was at that moment: a column that
// the body does not have was null, empty or 0.
import type { BatchStatus } from '../../batch/batch-status.ts'
import { TOPIC_ROOT } from '../../batch/event-topics.ts'
import type { InstanceState } from '../../batch/instance-state.ts'
import { METRICS, type Metrics } from '../../batch/metrics.ts'
import type { WatchedEvent } from '../../operator/watch-events.ts'
import { jobExecutionView } from '../liberty/view/job-execution.ts'
import { briefJobInstanceView } from '../liberty/view/job-instance.ts'
import { stepExecutionsView } from '../liberty/view/step-execution.ts'
import type { ViewContext } from '../liberty/view/view-context.ts'

type Body = Readonly<Record<string, unknown>>

/** The job parameter whose value all events of an execution carry, to be told from others by whoever submitted it. */
const CORRELATION = 'com_ibm_ws_batch_events_correlationId'

/** Liberty's body, and beside it topic, time (ISO 8601) and correlation id, which it sends as properties of the message. */
export function eventBody(event: WatchedEvent, context: ViewContext): Body {
  const correlationId = event.jobParameters[CORRELATION]
  return {
    topic: topicOf(event),
    time: event.createTime.toISOString(),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...bodyOf(event, context)
  }
}

export function topicOf({ kind }: Pick<WatchedEvent, 'kind'>): string {
  return `${TOPIC_ROOT}/${kind}`
}

function bodyOf(event: WatchedEvent, context: ViewContext): Body {
  const { kind, body } = event
  if (kind.startsWith('deadlines/')) return deadlineBody(event)
  if (kind.startsWith('jobs/instance/')) return instanceBody(event.instanceId!, body, context)
  const [, , thing = ''] = kind.split('/')
  const ids = { executionId: body['execution_id'], instanceId: event.instanceId }
  switch (thing) {
    case 'jobLogPart':
      return logPartBody(body, ids)
    case 'split-flow':
      return { splitName: body['split'], flowName: body['flow'], ...ids }
    case 'partition':
      return {
        partitionNumber: body['partition_number'],
        batchStatus: body['batch_status'],
        exitStatus: body['exit_status'] ?? '',
        stepName: body['step_name'],
        ...ids,
        stepExecutionId: body['step_execution_id']
      }
    case 'step':
      return kind.endsWith('/checkpoint') ? checkpointBody(body, ids) : stepBody(event, context)
    default:
      return executionBody(event, context)
  }
}

function instanceBody(instanceId: number, body: Body, context: ViewContext): Body {
  const { _links, ...view } = briefJobInstanceView(
    {
      instanceId,
      jobName: body['job_name'] as string,
      appName: body['app_name'] as string,
      submitter: body['submitter'] as string,
      batchStatus: body['batch_status'] as BatchStatus,
      exitStatus: textOf(body['exit_status']),
      instanceState: body['instance_state'] as InstanceState,
      jobXMLName: body['job_xml_name'] as string,
      createTime: timeOf(body['create_time'])!,
      lastUpdatedTime: timeOf(body['last_updated_time'])!,
      executions: body['executions'] as number
    },
    context
  )
  return view
}

/** Ours: Liberty knows no deadlines. `null` where a nominal time has no run. */
function deadlineBody({ instanceId, body }: WatchedEvent): Body {
  return {
    due: timeOf(body['due'])!.toISOString(),
    definition: body['definition'],
    schedule: body['schedule'],
    nominalTime: timeOf(body['nominal_time'])?.toISOString() ?? null,
    instanceId,
    executionId: body['execution_id'],
    batchStatus: body['batch_status']
  }
}

function executionBody({ instanceId, jobName, jobParameters, body }: WatchedEvent, context: ViewContext) {
  const { _links, stepExecutions, ...view } = jobExecutionView(
    {
      executionId: body['execution_id'] as number,
      instanceId: instanceId!,
      jobName,
      executionNumber: body['execution_number'] as number,
      batchStatus: body['batch_status'] as BatchStatus,
      exitStatus: textOf(body['exit_status']),
      createTime: timeOf(body['create_time'])!,
      startTime: timeOf(body['start_time']),
      endTime: timeOf(body['end_time']),
      lastUpdatedTime: timeOf(body['last_updated_time'])!,
      jobParameters,
      serverId: textOf(body['server_id']) ?? '',
      restUrl: textOf(body['rest_url']) ?? '',
      logPath: textOf(body['log_path']) ?? '',
      reason: textOf(body['reason']),
      steps: []
    },
    context
  )
  const priority = body['priority']
  return { ...view, restUrl: textOf(body['rest_url']) ?? '', ...(priority === undefined ? {} : { priority }) }
}

function stepBody({ instanceId, body }: WatchedEvent, context: ViewContext): Body {
  const [view] = stepExecutionsView(
    [
      {
        stepExecutionId: body['step_execution_id'] as number,
        executionId: body['execution_id'] as number,
        instanceId: instanceId!,
        stepName: body['step_name'] as string,
        batchStatus: body['batch_status'] as BatchStatus,
        exitStatus: textOf(body['exit_status']),
        startTime: timeOf(body['start_time'])!,
        endTime: timeOf(body['end_time']),
        persistentUserData: null,
        metrics: Object.fromEntries(
          METRICS.map(name => [name, Number(body[name.toLowerCase()] ?? 0)])
        ) as Metrics,
        message: textOf(body['message']),
        partitions: []
      }
    ],
    context
  )
  return view as Body
}

function checkpointBody(body: Body, ids: Body): Body {
  const partition = body['partition_number']
  return {
    stepName: body['step_name'],
    ...ids,
    stepExecutionId: body['step_execution_id'],
    ...(partition === null ? {} : { partitionNumber: partition })
  }
}

/** `appName` is the job's name here, as in the product. */
function logPartBody(body: Body, ids: Body): Body {
  return {
    ...ids,
    appName: body['job_name'],
    partNumber: body['part_number'],
    finalLog: body['final_log'],
    ...(body['partition_number'] === null
      ? {}
      : { partitionNumber: body['partition_number'], stepName: body['step_name'] }),
    ...(body['split'] === null ? {} : { splitName: body['split'], flowName: body['flow'] }),
    contents: body['contents']
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function timeOf(value: unknown): Date | null {
  return typeof value === 'string' ? new Date(value) : null
}
