// The words of pipeline batches (document 003): what a job instance is called there, and how its statuses fold into theirs.
import type { BatchStatus } from './batch-status.ts'

/** There is no success or failure of a batch: that is told by its steps. */
export const BATCH_STATES = ['stop', 'running', 'pending', 'scheduled'] as const
export type BatchState = (typeof BATCH_STATES)[number]

export const STEP_STATES = ['none', 'pending', 'running', 'success', 'failed'] as const
export type StepState = (typeof STEP_STATES)[number]

export interface PipelineStep {
  readonly stepName: string
  readonly state: StepState
  /** Partition → items read as last committed; empty before it begins, and of what reads no items. */
  readonly offsets: ReadonlyMap<number, number>
}

export interface PipelineBatch {
  readonly instanceId: number
  /** The job definition. */
  readonly pipeline: string
  readonly state: BatchState
  /** All of the definition, also those that have not begun. */
  readonly steps: readonly PipelineStep[]
}

/**
 * Whatever has ended is `stop`: who polls ends then, though steps behind a failure never begin. `delayed`: it waits for its
 * delivery delay to be over.
 */
export function batchStateOf(batchStatus: BatchStatus, delayed: boolean): BatchState {
  switch (batchStatus) {
    case 'STARTING':
      return delayed ? 'scheduled' : 'pending'
    case 'STARTED':
    case 'STOPPING':
      return 'running'
    case 'STOPPED':
    case 'FAILED':
    case 'COMPLETED':
    case 'ABANDONED':
      return 'stop'
  }
}

export function stepStateOf(batchStatus: BatchStatus): StepState {
  switch (batchStatus) {
    case 'STARTING':
      return 'pending'
    case 'STARTED':
    case 'STOPPING':
      return 'running'
    case 'COMPLETED':
      return 'success'
    case 'FAILED':
    case 'STOPPED':
    case 'ABANDONED':
      return 'failed'
  }
}

/** `batch-` and the id of its job instance. */
export function batchIdOf(instanceId: number): string {
  return `batch-${instanceId}`
}

/** `null`: no batch was ever called so. */
export function instanceIdOfBatch(batchId: string): number | null {
  const digits = /^batch-([1-9]\d{0,15})$/.exec(batchId)?.[1]
  return digits !== undefined && Number.isSafeInteger(Number(digits)) ? Number(digits) : null
}
