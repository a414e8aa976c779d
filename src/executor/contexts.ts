// JobContext and StepContext as the executor holds them; artifacts see the interfaces of batch/artifacts.ts.
import type { ChunkKey, JobContext, StepContext } from '../batch/artifacts.ts'
import type { BatchStatus } from '../batch/batch-status.ts'
import { type Metrics, noMetrics } from '../batch/metrics.ts'

/** JSR-352 has no setters for these; job code that assigned one would mislead the runtime, which reads them too. */
function makeReadOnly<Context extends object>(context: Context, fields: readonly (keyof Context)[]): void {
  for (const field of fields) Object.defineProperty(context, field, { writable: false, configurable: false })
}

/** A new one for the job execution, for each partition and for each flow of a split: nothing is copied back (JSR-352 §9.4.1.1). */
export class JobContextState implements JobContext {
  readonly jobName: string
  readonly instanceId: number
  readonly executionId: number
  readonly properties: Readonly<Record<string, string>>
  batchStatus: BatchStatus = 'STARTED'
  exitStatus: string | null = null
  transientUserData: unknown = null

  constructor(of: Pick<JobContext, 'jobName' | 'instanceId' | 'executionId' | 'properties'>) {
    this.jobName = of.jobName
    this.instanceId = of.instanceId
    this.executionId = of.executionId
    this.properties = of.properties
    makeReadOnly(this, ['jobName', 'instanceId', 'executionId', 'properties'])
  }
}

export class StepContextState implements StepContext {
  readonly stepName: string
  readonly stepExecutionId: number
  readonly properties: Readonly<Record<string, string>>
  batchStatus: BatchStatus = 'STARTED'
  exitStatus: string | null = null
  transientUserData: unknown = null
  persistentUserData: unknown
  exception: Error | null = null
  readonly metrics: Metrics

  constructor(
    of: Pick<StepContext, 'stepName' | 'stepExecutionId' | 'properties'>,
    state: { readonly persistentUserData: unknown; readonly metrics: Metrics }
  ) {
    this.stepName = of.stepName
    this.stepExecutionId = of.stepExecutionId
    this.properties = of.properties
    this.persistentUserData = state.persistentUserData
    this.metrics = { ...noMetrics(), ...state.metrics }
    makeReadOnly(this, ['stepName', 'stepExecutionId', 'properties', 'metrics'])
  }
}

/** The chunk under way, as artifacts see it (`Injected.chunk`): one object per scope, so its number can move on. */
export interface ChunkKeyState extends ChunkKey {
  chunkNumber: number
}
