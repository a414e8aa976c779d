// What a unit knows of the steps that ran before it: without this restart rules would have to ask the repository.
import type { BatchStatus } from '../batch/batch-status.ts'

/** What an earlier execution (or, under resume, this one before it was interrupted) left of a step. */
export interface PreviousStep {
  readonly stepExecutionId: number
  readonly executionId: number
  readonly stepName: string
  readonly batchStatus: BatchStatus
  readonly exitStatus: string | null
  /** The exit status the job's context had when the step began or, if it ended, then. */
  readonly jobExitStatus: string | null
  /** Starts of this step over the whole instance. */
  readonly starts: number
}
