// Between the clock on the wall of a time zone and the one clock of the world, on the two odd days of the year too: every kind
// of schedule counts in wall time, and without this each would have its own idea of a time that does not exist.
import { DateTime, IANAZone } from 'luxon'

/** Milliseconds since 1970 of a wall clock, as if that were UTC. */
export type WallTime = number

const DAY_MS = 86_400_000

export function isTimeZone(name: string): boolean {
  // Intl takes offsets too, which have no days of clock changes.
  return /^[A-Za-z]/.test(name) && IANAZone.isValidZone(name)
}

/** Milliseconds that the wall clock is ahead of UTC. */
export function offsetAt(instant: number, timeZone: string): number {
  return IANAZone.create(timeZone).offset(instant) * 60_000
}

export function wallTimeAt(instant: number, timeZone: string): WallTime {
  return instant + offsetAt(instant, timeZone)
}

/** The end of the year 9999: what comes after it has no four digits. */
export const LAST_WALL_TIME: WallTime = 253_402_300_799_999

export interface Placed {
  readonly instant: number
  /** What was done to it, where the wall clock does not show it exactly once. */
  readonly note: string | null
}

/** A time that does not exist is the first one after the gap; one that happens twice is the first of the two. */
export function instantOf(wall: WallTime, timeZone: string): Placed {
  const before = offsetAt(wall - DAY_MS, timeZone)
  const after = offsetAt(wall + DAY_MS, timeZone)
  const instants = [wall - before, wall - after]
    .filter(instant => wallTimeAt(instant, timeZone) === wall)
    .toSorted((a, b) => a - b)
  const [first, second] = instants
  if (first === undefined)
    return {
      instant: changeBetween(wall - after, wall - before, timeZone),
      note: `moved: ${clockText(wall)} does not exist on this day`
    }
  const twice = second !== undefined && second !== first
  return { instant: first, note: twice ? `first of two: ${clockText(wall)} happens twice on this day` : null }
}

/** The first instant after `low` whose offset is another one than at `low`; there must be a change up to `high`. */
export function changeBetween(low: number, high: number, timeZone: string): number {
  const offset = offsetAt(low, timeZone)
  let same = low
  let other = high
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2)
    if (offsetAt(middle, timeZone) === offset) same = middle
    else other = middle
  }
  return other
}

/** `02:30`, with seconds where there are some. */
export function clockText(wall: WallTime): string {
  const text = new Date(wall).toISOString().slice(11, 19)
  return text.endsWith(':00') ? text.slice(0, 5) : text
}

/** ISO 8601 with the offset of the place; milliseconds where there are some. */
export function zonedText(instant: number, timeZone: string): string {
  const text = DateTime.fromMillis(instant, { zone: timeZone }).toISO({ suppressMilliseconds: true })
  if (text === null) throw new Error(`${instant} is no time of ${timeZone}`)
  return text
}

/** Whole days since 1970 on the wall. */
export function dayOf(wall: WallTime): number {
  return Math.floor(wall / DAY_MS)
}

export function wallOfDay(day: number): WallTime {
  return day * DAY_MS
}
