// The rows of one job instance in memory, as far as the executor asks for them.
import type { BatchStatus } from '../../src/batch/batch-status.ts'
import { type Metrics, noMetrics } from '../../src/batch/metrics.ts'
import type { PreviousStep } from '../../src/executor/previous-step.ts'
import type { StepState } from '../../src/executor/unit-port.ts'

/** A partition's row. */
export interface PartitionRow {
  partitionNumber: number
  batchStatus: BatchStatus
  exitStatus: string | null
  planProperties: Readonly<Record<string, string>>
  carriedOver: boolean
  state: StepState
  message: string | null
}

/** A step execution's row. */
export interface StepRow {
  stepExecutionId: number
  executionId: number
  stepName: string
  batchStatus: BatchStatus
  exitStatus: string | null
  jobExitStatus: string | null
  message: string | null
  state: StepState
  partitions: PartitionRow[]
}

export const NOTHING: StepState = {
  persistentUserData: null,
  readerCheckpoint: null,
  writerCheckpoint: null,
  chunkNumber: 0,
  metrics: noMetrics()
}

let lastId = 1000

export function nextId(): number {
  return ++lastId
}

/** All that is stored of one job instance. */
export class RecordedInstance {
  readonly instanceId = nextId()
  readonly steps: StepRow[] = []
  /** The port calls in order, and the events handed to parents. */
  readonly calls: string[] = []
  readonly log: string[] = []

  previousSteps(): PreviousStep[] {
    const latest = new Map(this.steps.map(step => [step.stepName, step]))
    return [...latest.values()].map(
      ({ stepExecutionId, executionId, stepName, batchStatus, exitStatus, jobExitStatus }) => ({
        stepExecutionId,
        executionId,
        stepName,
        batchStatus,
        exitStatus,
        jobExitStatus,
        starts: this.steps.filter(step => step.stepName === stepName).length
      })
    )
  }

  step(stepExecutionId: number): StepRow {
    return this.steps.find(step => step.stepExecutionId === stepExecutionId)!
  }

  stepsOf(executionId: number): StepRow[] {
    return this.steps.filter(step => step.executionId === executionId)
  }
}

export function sum(partitions: readonly PartitionRow[]): Metrics {
  const total = noMetrics()
  for (const { state } of partitions)
    for (const name of Object.keys(total) as (keyof Metrics)[]) total[name] += state.metrics[name]
  return total
}
