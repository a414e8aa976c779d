// What the work of one step, or of one partition of it, shares: contexts, artifacts, listeners, the way to the repository.
import type { JobLogger } from '../../batch/artifacts.ts'
import type { ArtifactRef, Step } from '../../jsl/job-model.ts'
import type { ChunkKeyState, JobContextState, StepContextState } from '../contexts.ts'
import type { StopRequest } from '../stop-request.ts'
import type { ChunkTarget, StepState, UnitOrder, UnitPort } from '../unit-port.ts'

export interface StepScope {
  readonly order: UnitOrder
  /** Resolved for the partition where there is one. */
  readonly step: Step
  readonly jobContext: JobContextState
  readonly stepContext: StepContextState
  readonly port: UnitPort
  readonly stop: StopRequest
  readonly state: StepState
  readonly target: ChunkTarget
  readonly partitionNumber: number | null
  /**
   * What artifacts are injected as `chunk`: who runs the chunks sets `chunkNumber` before each begins. The injected
   * `connection` is that of `port.chunks(target)`, which answers the same object each time it is asked for one target.
   */
  readonly chunk: ChunkKeyState
  /** The step's listeners of this scope, created once, in document order; each serves every kind it implements. */
  readonly listeners: readonly object[]
  /** Creates the artifact of one reference with what is injected; rejects when no application exports it. */
  createArtifact(ref: ArtifactRef): Promise<object>
  /** The runtime's own lines of the job log. */
  readonly log: JobLogger
}
