// A run: a job instance, and where it came from. Without this link nobody could say which version of what a schedule started.
import type { BatchStatus } from './batch-status.ts'
import type { Deadlines } from './deadlines.ts'

export type RunTrigger = 'schedule' | 'manual' | 'pipeline' | 'bulk'

/** What is stored of a run with its instance. */
export interface RunOrigin {
  readonly definition: string
  readonly version: number
  readonly schedule: { readonly scheduleId: number; readonly name: string } | null
  readonly trigger: RunTrigger
  /** When it was to begin; `null` = whenever it did. */
  readonly nominalTime: Date | null
  readonly deadlines: Deadlines | null
  /** Names of parameters whose values nobody is shown. */
  readonly secretParameters: readonly string[]
}

export interface Run {
  readonly instanceId: number
  /** The latest execution; so are times and statuses. */
  readonly executionId: number
  /** `null`: it was submitted without a definition. */
  readonly definition: string | null
  readonly version: number | null
  readonly schedule: string | null
  readonly trigger: RunTrigger
  readonly nominalTime: Date | null
  readonly createTime: Date
  readonly startTime: Date | null
  readonly endTime: Date | null
  readonly batchStatus: BatchStatus
  readonly exitStatus: string | null
  readonly submitter: string
  /** Deadlines, and whether they were missed, as far as they have come; `null` = none. */
  readonly startBy: Date | null
  readonly startMissed: boolean | null
  readonly endBy: Date | null
  readonly endMissed: boolean | null
}
