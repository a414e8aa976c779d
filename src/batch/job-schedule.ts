// A job schedule: a definition, parameters and when it is to run; and what the clock decided about it.
import type { BatchStatus } from './batch-status.ts'
import type { Deadlines } from './deadlines.ts'

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

export type Weekday = (typeof WEEKDAYS)[number]

/** Of requirement document 004: `day` outweighs `weekdays`; `month` and `year` need a `day` (and `year` a `month`). */
export interface DayRule {
  readonly weekdays?: readonly Weekday[] | null
  readonly day?: number | null
  readonly month?: number | null
  readonly year?: number | null
  /** `HH:mm`; without effect beside `everyMinutes`. */
  readonly at?: string | null
  /** Counted from the end of the last run. */
  readonly everyMinutes?: number | null
}

export type When = { readonly cron: string } | { readonly rrule: string } | { readonly rule: DayRule }

export type ScheduleState = 'Active' | 'InActive'
export type Overlap = 'skip' | 'queue' | 'allow'
export type Missed = 'skip' | 'once' | 'all'

/** What can be edited of a schedule. */
export interface ScheduleSettings {
  readonly code: string | null
  readonly label: string | null
  readonly description: string | null
  /** `null` = the latest at each firing. */
  readonly version: number | null
  readonly parameters: Readonly<Record<string, string>>
  /** IANA name. */
  readonly timeZone: string
  /** Both may be nominal times themselves. */
  readonly start: Date | null
  readonly end: Date | null
  readonly overlap: Overlap
  readonly missed: Missed
  /** Most firings that are made up for, of `all`. */
  readonly missedLimit: number
  /** Each outweighs the definition's. */
  readonly deadlines: Deadlines | null
  readonly when: When
}

export interface JobSchedule extends ScheduleSettings {
  readonly scheduleId: number
  readonly name: string
  readonly definition: string
  readonly state: ScheduleState
  readonly system: boolean
  /** Its definition is part of the server, whoever made the schedule: it fires in maintenance, and needs an administrator by hand. */
  readonly runsSystem: boolean
  readonly revision: number
  readonly createTime: Date
  readonly createdBy: string
  readonly updateTime: Date
  readonly updatedBy: string
  readonly activatedBy: string | null
  readonly nextFireTime: Date | null
  readonly lastRun: LastRun | null
}

export interface LastRun {
  readonly instanceId: number
  readonly batchStatus: BatchStatus
  readonly startTime: Date | null
  readonly endTime: Date | null
}

export type DecisionWord = 'fired' | 'skipped' | 'queued'
export type DecisionReason = 'overlap' | 'missed' | 'maintenance' | 'inactive' | 'refused'

/** What became of one nominal time. */
export interface Decision {
  readonly nominalTime: Date
  readonly decision: DecisionWord
  readonly reason: DecisionReason | null
  /** Why it was refused. */
  readonly message: string | null
  readonly instanceId: number | null
  readonly time: Date
}
