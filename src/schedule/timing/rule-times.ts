// Document 004's rule: a date, a day of each year, a day of each month, or weekdays; at a time, or every so many minutes.
import { type DayRule, WEEKDAYS } from '../../batch/job-schedule.ts'
import { dayOf, instantOf, type WallTime, wallOfDay, wallTimeAt } from './local-time.ts'
import type { NextAfter, Occurrence } from './occurrences.ts'

const MINUTE_MS = 60_000

/** A day on which it fires, with what was done to it. */
interface Day {
  readonly day: number
  readonly note: string | null
}

/** Days of a rule from one (inside) on, in order; without end where it has none. */
export type DaysFrom = (day: number) => Generator<Day>

export function daysOf({ weekdays, day = null, month = null, year = null }: DayRule): DaysFrom {
  if (day === null) return onWeekdays((weekdays ?? []).map(name => WEEKDAYS.indexOf(name)))
  if (month === null) return monthly(day)
  return year === null ? yearly(day, month) : once(day, month, year)
}

function onWeekdays(wanted: readonly number[]): DaysFrom {
  return function* (from) {
    if (wanted.length === 0) return
    // 1970 began on a Thursday.
    for (let day = from; ; day++) if (wanted.includes((((day + 3) % 7) + 7) % 7)) yield { day, note: null }
  }
}

function monthly(dayOfMonth: number): DaysFrom {
  return function* (from) {
    const first = new Date(wallOfDay(from))
    for (let months = 0; ; months++)
      yield* notBefore(from, dayIn(first.getUTCFullYear(), first.getUTCMonth() + months, dayOfMonth))
  }
}

function yearly(dayOfMonth: number, month: number): DaysFrom {
  return function* (from) {
    for (let year = new Date(wallOfDay(from)).getUTCFullYear(); ; year++)
      yield* notBefore(from, dayIn(year, month - 1, dayOfMonth))
  }
}

function once(dayOfMonth: number, month: number, year: number): DaysFrom {
  return from => notBefore(from, dayIn(year, month - 1, dayOfMonth))
}

function* notBefore(from: number, day: Day): Generator<Day> {
  if (day.day >= from) yield day
}

/** A day that the month does not have is its last one. */
function dayIn(year: number, monthIndex: number, dayOfMonth: number): Day {
  const last = new Date(Date.UTC(year, monthIndex + 1, 0)).getUTCDate()
  const note = dayOfMonth > last ? `moved: day ${dayOfMonth} does not exist in this month` : null
  return { day: dayOf(Date.UTC(year, monthIndex, Math.min(dayOfMonth, last))), note }
}

/** `at`: milliseconds since midnight, on the wall. */
export function timesOfDay(days: DaysFrom, at: number, timeZone: string): NextAfter {
  return instant => {
    // Of the day before, too: what lies in a gap at midnight falls on the next day.
    for (const { day, note } of days(dayOf(wallTimeAt(instant, timeZone)) - 1)) {
      const placed = instantOf(wallOfDay(day) + at, timeZone)
      if (placed.instant > instant) return { at: placed.instant, note: joined(note, placed.note) }
    }
    return null
  }
}

function joined(...notes: readonly (string | null)[]): string | null {
  const said = notes.filter(note => note !== null)
  return said.length === 0 ? null : said.join('; ')
}

/** The first time from an instant (inside) on that is on one of the days. */
export function firstOnDays(days: DaysFrom, instant: number, timeZone: string): Occurrence | null {
  const wall: WallTime = wallTimeAt(instant, timeZone)
  const [found] = days(dayOf(wall)).take(1)
  if (found === undefined) return null
  if (found.day === dayOf(wall)) return { at: instant, note: found.note }
  return { at: instantOf(wallOfDay(found.day), timeZone).instant, note: found.note }
}

/** As if each run ended the moment it began: when that is known, `firstOnDays` is asked. */
export function everyMinutesOf(days: DaysFrom, minutes: number, timeZone: string): NextAfter {
  return instant => firstOnDays(days, instant + minutes * MINUTE_MS, timeZone)
}
