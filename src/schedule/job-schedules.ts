// The use cases of schedules as the rooms above see them: refusals are BatchErrors.
import type { Decision, JobSchedule, ScheduleSettings, ScheduleState } from '../batch/job-schedule.ts'
import type { Caller } from '../operator/caller.ts'
import type { FieldProblem } from '../batch/field-problem.ts'
import type { SomeSettings } from './schedule-settings.ts'
import type { IfMatch } from './preconditions.ts'
import type { Texts } from './programming-text.ts'
import type { RunPage, RunSearch, ShownRun } from './runs.ts'

/** What can be left out has its default. */
export type GivenSettings = Partial<ScheduleSettings> & Pick<ScheduleSettings, 'when'>

export interface ScheduleCreation extends GivenSettings {
  readonly name: string
  readonly definition: string
}

/** A schedule with its texts; secret parameters are masked. */
export interface ShownSchedule extends JobSchedule {
  readonly programming: Texts
  readonly lastRunText: Texts | null
}

export interface ScheduleEdit extends GivenSettings {
  /** They may be said again, and not be changed. */
  readonly name?: string
  readonly definition?: string
}

export interface FireTime {
  /** ISO 8601 with the offset of the place. */
  readonly time: string
  readonly note: string | null
}

export interface FireTimes {
  readonly times: readonly FireTime[]
  /** Why there are none, where it never fires (any more). */
  readonly note: string | null
}

export interface TimesWanted {
  readonly count: number
  /** After it; `null` = now. */
  readonly from: Date | null
}

export interface TimesToPreview
  extends TimesWanted, Pick<GivenSettings, 'when' | 'timeZone' | 'start' | 'end'> {}

export interface SchedulesSearch {
  readonly name: string | null
  readonly state: ScheduleState | null
  readonly definition: string | null
  readonly after: string | null
  readonly limit: number
}

export interface JobSchedules {
  create(creation: ScheduleCreation, caller: Caller): Promise<ShownSchedule>
  schedule(name: string, caller: Caller): Promise<ShownSchedule>
  /** By name. */
  list(search: SchedulesSearch, caller: Caller): Promise<readonly ShownSchedule[]>
  /** Rejects with ScheduleActive while it is Active. */
  edit(name: string, edit: ScheduleEdit, ifMatch: IfMatch, caller: Caller): Promise<ShownSchedule>
  remove(name: string, ifMatch: IfMatch, caller: Caller): Promise<void>
  activate(name: string, caller: Caller): Promise<ShownSchedule>
  deactivate(name: string, caller: Caller): Promise<ShownSchedule>
  /** By hand, Active or not. Rejects with ScheduleOverlap. */
  run(name: string, parameters: Readonly<Record<string, string>>, caller: Caller): Promise<ShownRun>
  next(name: string, wanted: TimesWanted, caller: Caller): Promise<FireTimes>
  /** Nothing is stored. */
  preview(wanted: TimesToPreview, caller: Caller): Promise<FireTimes>
  /** What is wrong with fields that stand beside others which are wrong already. */
  problemsOf(given: SomeSettings, caller: Caller): Promise<readonly FieldProblem[]>
  /** Newest nominal time first. */
  decisions(
    name: string,
    page: { readonly before: Date | null; readonly limit: number },
    caller: Caller
  ): Promise<readonly Decision[]>
  /** Of this schedule, or (`null`) of all. */
  history(name: string | null, query: RunSearch, caller: Caller): Promise<RunPage>
}
