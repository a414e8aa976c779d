// The only place that knows how Liberty writes step executions: always an array, with their links as its last element.
import { Type, type Static, type TString } from 'typebox'
import type { PartitionExecution, StepExecution } from '../../../batch/job-records.ts'
import { METRICS, type Metrics } from '../../../batch/metrics.ts'
import { closedObject } from '../../open-api/closed-object.ts'
import { BatchStatusWord, Id } from '../../open-api/words.ts'
import { DateTextWord } from './date-text.ts'
import { jobExecutionUrl } from './job-execution.ts'
import { jobInstanceUrl } from './job-instance.ts'
import { Links } from './link.ts'
import type { ViewContext } from './view-context.ts'

/** Counts are strings on this wire. */
const MetricsView = closedObject(
  Object.fromEntries(METRICS.map(name => [name, Type.String({ pattern: '^[0-9]+$' })])) as Record<
    (typeof METRICS)[number],
    TString
  >,
  { title: 'Metrics' }
)

const PartitionView = closedObject(
  {
    partitionNumber: Type.Integer({ minimum: 0 }),
    batchStatus: BatchStatusWord,
    startTime: DateTextWord,
    endTime: DateTextWord,
    exitStatus: Type.String(),
    restUrl: Type.String(),
    serverId: Type.String(),
    metrics: MetricsView
  },
  { title: 'Partition' }
)
type PartitionView = Static<typeof PartitionView>

const StepExecutionView = closedObject(
  {
    stepExecutionId: Id,
    stepName: Type.String(),
    executionId: Id,
    instanceId: Id,
    batchStatus: BatchStatusWord,
    startTime: DateTextWord,
    endTime: DateTextWord,
    exitStatus: Type.String(),
    metrics: MetricsView,
    partitions: Type.Array(PartitionView)
  },
  { title: 'StepExecution' }
)
type StepExecutionView = Static<typeof StepExecutionView>

const StepLinksView = closedObject({ _links: Links }, { title: 'StepExecutionLinks' })

export const StepExecutionsView = Type.Array(Type.Union([StepExecutionView, StepLinksView]), {
  description: 'Steps, and after them their links as one element more; empty where there are none.'
})
export type StepExecutionsView = Static<typeof StepExecutionsView>

/** Steps of one execution; none: `[]`, without the links. */
export function stepExecutionsView(
  steps: readonly StepExecution[],
  context: ViewContext
): StepExecutionsView {
  const [first] = steps
  if (!first) return []
  const links = [
    { rel: 'job execution', href: jobExecutionUrl(first.executionId, context) },
    { rel: 'job instance', href: jobInstanceUrl(first.instanceId, context) }
  ]
  return [...steps.map(step => stepView(step, context)), { _links: links }]
}

function stepView(step: StepExecution, context: ViewContext): StepExecutionView {
  return {
    stepExecutionId: step.stepExecutionId,
    stepName: step.stepName,
    executionId: step.executionId,
    instanceId: step.instanceId,
    batchStatus: step.batchStatus,
    startTime: context.dateText(step.startTime),
    endTime: context.dateText(step.endTime),
    exitStatus: step.exitStatus ?? '',
    metrics: metricsView(step.metrics),
    partitions: step.partitions
      .toSorted((one, other) => one.partitionNumber - other.partitionNumber)
      .map(partition => partitionView(partition, context))
  }
}

function partitionView(partition: PartitionExecution, context: ViewContext): PartitionView {
  return {
    partitionNumber: partition.partitionNumber,
    batchStatus: partition.batchStatus,
    startTime: context.dateText(partition.startTime),
    endTime: context.dateText(partition.endTime),
    exitStatus: partition.exitStatus ?? '',
    // Without the version, and '' where the partition ran on its step's server: as the product.
    restUrl: partition.restUrl,
    serverId: partition.serverId,
    metrics: metricsView(partition.metrics)
  }
}

/** In Liberty's order, whatever order the record has. */
function metricsView(metrics: Metrics): StepExecutionView['metrics'] {
  return Object.fromEntries(
    METRICS.map(name => [name, String(metrics[name])])
  ) as StepExecutionView['metrics']
}
