// What running an element, or a level of elements, can come to: the words between the transitioner and the elements.
import type { EndStatus } from '../../batch/batch-status.ts'

/** The job ends here: nothing of its element's surroundings runs any more (JSR-352 §8.9.4). */
export type JobEnd =
  | {
      /** An end, fail or stop element; `exitStatus` is its attribute, `null` leaves the job's as it is. */
      readonly kind: 'terminated'
      readonly batchStatus: EndStatus
      readonly exitStatus: string | null
      readonly restartOn: string | null
    }
  /** `reason` is the engine's own (loop, start limit, …); `null` when an error of job code was told already. */
  | { readonly kind: 'jobFailed'; readonly reason: string | null }
  /** A stop was requested. */
  | { readonly kind: 'stopped' }

export interface Completed {
  readonly kind: 'completed'
  /** What transitions match; `null` matches nothing (a decider that answered none). */
  readonly exitStatus: string | null
  /** The step executions a decision that comes next is given (JSR-352 §8.5). */
  readonly lastStepExecutionIds: readonly number[]
}

/** An unhandled error in a step: its transitions are still tried (JSR-352 §8.9.1). */
export interface Failed {
  readonly kind: 'failed'
  readonly exitStatus: string
  readonly lastStepExecutionIds: readonly number[]
}

export type ElementOutcome = Completed | Failed | JobEnd
/** Of a level (job or flow) as a whole. */
export type ElementsOutcome = Completed | JobEnd
