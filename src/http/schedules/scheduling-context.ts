// What the routes of definitions, schedules and runs are given, and how each describes itself.
import type { Scheduling } from '../../schedule/create-scheduling.ts'
import type { CallerOf } from '../caller.ts'
import type { Calendar } from '../liberty/time-range.ts'

export interface SchedulingContext {
  readonly scheduling: Scheduling
  readonly caller: CallerOf
  /** What dates in a filter mean now. */
  readonly calendar: () => Calendar
}
