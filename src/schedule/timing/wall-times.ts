// Makes instants of a pattern of wall times, by the rules for the days on which clocks are changed.
import { changeBetween, instantOf, offsetAt, type WallTime, wallTimeAt } from './local-time.ts'
import type { NextAfter } from './occurrences.ts'

/** The first wall time of a pattern after another; `null` = none any more. */
export type NextWallTime = (wall: WallTime) => WallTime | null

/** Each wall time fires once, wherever it falls; two that fall on one instant fire once. */
export function oncePerWallTime(nextWall: NextWallTime, timeZone: string): NextAfter {
  return instant => {
    // On the day that has an hour twice, times of its first pass are still to come on the wall, and are over.
    for (let wall = nextWall(wallTimeAt(instant, timeZone)); wall !== null; wall = nextWall(wall)) {
      const { instant: at, note } = instantOf(wall, timeZone)
      if (at > instant) return { at, note }
    }
    return null
  }
}

/** What fires every hour does so in each real one: not in the one that is left out, and twice in the one that comes twice. */
export function everyRealHour(nextWall: NextWallTime, timeZone: string): NextAfter {
  return instant => {
    let offset = offsetAt(instant, timeZone)
    let low = instant
    for (let wall = nextWall(instant + offset); wall !== null;) {
      const at = wall - offset
      if (offsetAt(at, timeZone) === offset) return { at, note: null }
      // The clocks are changed before that: from there (inside) on the pattern is read again.
      low = changeBetween(low, at, timeZone)
      offset = offsetAt(low, timeZone)
      wall = nextWall(low + offset - 1)
    }
    return null
  }
}
