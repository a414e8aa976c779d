// Where a day begins in a time zone: clocks that are put forward at midnight have no 00:00, others have it twice, and once
// an island had no day at all.
import { IANAZone } from 'luxon'

const DAY = 24 * 60 * 60_000
const QUARTER = 15 * 60_000

/** Farther from UTC no clock ever was. */
const FARTHEST = 16 * 60 * 60_000

/** A day of the calendar, as the days since 1970-01-01. */
export type DayNumber = number

export interface DayStarts {
  /** The day that a moment (milliseconds since 1970) belongs to. */
  dayOf(time: number): DayNumber
  /**
   * The first moment from which on it is this day or a later one; so each moment belongs to one day, and a day that was
   * left out is empty.
   */
  startOf(day: DayNumber): Date
}

/** Between the years 1 and 9999: nothing is stored outside, and PostgreSQL reads no other years in this form. */
const FIRST_DAY: DayNumber = -719_162
const LAST_DAY: DayNumber = 2_932_896

/** Of an IANA zone. */
export function dayStarts(timeZone: string): DayStarts {
  const zone = IANAZone.create(timeZone)
  /** Milliseconds; before there were time zones a town's clock was fractions of a minute apart. */
  const offsetAt = (time: number) => Math.round(zone.offset(time) * 60_000)
  const dayOf = (time: number): DayNumber => Math.floor((time + offsetAt(time)) / DAY)

  function startOf(day: DayNumber): Date {
    if (!(day >= FIRST_DAY)) return new Date(FIRST_DAY * DAY)
    if (day > LAST_DAY) return new Date((LAST_DAY + 1) * DAY - 1)
    const midnight = day * DAY
    const earliest = midnight - FARTHEST
    let after = midnight + FARTHEST
    const offset = offsetAt(earliest)
    if (offsetAt(after) === offset) return new Date(midnight - offset)
    let before = after
    while (dayOf(before) >= day && before > earliest) {
      after = before
      before -= QUARTER
    }
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2)
      if (dayOf(middle) >= day) after = middle
      else before = middle
    }
    return new Date(after)
  }

  return { dayOf, startOf }
}
