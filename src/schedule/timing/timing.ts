// When a schedule fires: one front door for its three kinds, which also says what is wrong with one.
import type { FieldProblem } from '../../batch/field-problem.ts'
import type { DayRule, When } from '../../batch/job-schedule.ts'
import { cronTimes } from './cron-times.ts'
import { isTimeZone } from './local-time.ts'
import { type NextAfter, within } from './occurrences.ts'
import { rruleTimes } from './rrule-times.ts'
import { daysOf, everyMinutesOf, firstOnDays, timesOfDay } from './rule-times.ts'

export interface TimingOf {
  readonly when: When
  readonly timeZone: string
  readonly start: Date | null
  readonly end: Date | null
  /** A recurrence rule without a start begins here. */
  readonly createTime: Date
}

export interface Timing {
  readonly next: NextAfter
  /**
   * The next time where it counts from the end of the last run (`null` = there was none, then it is at once), but none
   * before `notBefore`. Null where it does not count so.
   */
  readonly afterRun: ((end: number | null, notBefore: number) => number | null) | null
}

const MINUTE_MS = 60_000

/** @throws Error for what `timingProblems` finds */
export function timingOf({ when, timeZone, start, end, createTime }: TimingOf): Timing {
  const window = { start: start?.getTime() ?? null, end: end?.getTime() ?? null }
  if ('cron' in when) return { next: within(window, cronTimes(when.cron, timeZone)), afterRun: null }
  if ('rrule' in when) {
    const anchor = (start ?? createTime).getTime()
    return { next: within(window, rruleTimes(when.rrule, timeZone, anchor)), afterRun: null }
  }
  const days = daysOf(when.rule)
  const minutes = when.rule.everyMinutes ?? null
  if (minutes === null)
    return { next: within(window, timesOfDay(days, millisOf(when.rule), timeZone)), afterRun: null }
  return {
    next: within(window, everyMinutesOf(days, minutes, timeZone)),
    afterRun(lastEnd, notBefore) {
      const from = lastEnd === null ? notBefore : Math.max(lastEnd + minutes * MINUTE_MS, notBefore)
      const found = firstOnDays(days, Math.max(from, window.start ?? from), timeZone)
      return found === null || (window.end !== null && found.at > window.end) ? null : found.at
    }
  }
}

function millisOf({ at }: DayRule): number {
  const [hours, minutes] = at!.split(':').map(Number)
  return (hours! * 60 + minutes!) * MINUTE_MS
}

/** All of them; `now`: a pattern that has no time after it any more can never fire. Without a `when` all but those of it. */
export function timingProblems(
  given: Omit<TimingOf, 'when'> & { readonly when: When | null },
  now: number
): FieldProblem[] {
  const { when, timeZone, start, end } = given
  const problems: FieldProblem[] = []
  if (!isTimeZone(timeZone))
    problems.push({ path: 'timeZone', message: `is no IANA time zone: ${timeZone.slice(0, 100)}` })
  if (start !== null && end !== null && end < start)
    problems.push({ path: 'end', message: 'is before start' })
  if (when === null) return problems
  const timing = { ...given, when }
  const kind = 'cron' in when ? 'cron' : 'rrule' in when ? 'rrule' : 'rule'
  if ('rule' in when) problems.push(...ruleProblems(when.rule))
  if (problems.length > 0) {
    // What else is wrong with the pattern is said all the same.
    if (isTimeZone(timeZone)) problems.push(...patternProblems(timing, kind, null))
    else problems.push(...patternProblems({ ...timing, timeZone: 'UTC' }, kind, null))
    return problems
  }
  return patternProblems(timing, kind, now)
}

function patternProblems(
  timing: TimingOf,
  kind: 'cron' | 'rrule' | 'rule',
  now: number | null
): FieldProblem[] {
  if (kind === 'rule') return []
  const path = `when.${kind}`
  try {
    const { next } = timingOf(timing)
    if (now === null || next(now) !== null) return []
    return [{ path, message: 'can never fire: there is no such time any more' }]
  } catch (error) {
    const { message } = error as Error
    const never = /explicit day of month/i.test(message) ? 'can never fire: no month has such a day' : message
    return [{ path, message: never }]
  }
}

function ruleProblems({ at = null, everyMinutes = null }: DayRule): FieldProblem[] {
  return at === null && everyMinutes === null
    ? [{ path: 'when.rule.at', message: 'is missing; only everyMinutes goes without' }]
    : []
}

/** Why it does not fire by itself; `null` = it does. Only a rule of document 004 may be so. */
export function neverFires(timing: TimingOf, now: number): string | null {
  const { when } = timing
  if ('rule' in when && (when.rule.day ?? null) === null && (when.rule.weekdays ?? []).length === 0)
    return 'never fires by itself: no day and no weekday is given'
  return timingOf(timing).next(now) === null ? 'never fires any more: its last time is over' : null
}
