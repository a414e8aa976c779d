// What all kinds of schedules have in common: they can be asked for the next time after one. Everything else is made of that.

/** One nominal time. */
export interface Occurrence {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly note: string | null
}

/** The first occurrence after an instant; `null` = there is none any more. */
export type NextAfter = (instant: number) => Occurrence | null

export interface Window {
  /** Milliseconds since 1970; both are inside. `null` = open. */
  readonly start: number | null
  readonly end: number | null
}

/** A day before the end of the year 9999: what comes after it has no four digits anywhere. */
const LAST_INSTANT = 253_402_214_400_000

export function within({ start, end }: Window, next: NextAfter): NextAfter {
  return instant => {
    const found = next(start === null ? instant : Math.max(instant, start - 1))
    return found === null || found.at > (end ?? LAST_INSTANT) ? null : found
  }
}

/** Some patterns are so rare that the next time takes long to find; nobody else is served meanwhile. */
const LONGEST_SEARCH_MS = 1000

/** At most `count`, in order; fewer where they take too long to find. */
export function listed(next: NextAfter, after: number, count: number): Occurrence[] {
  const some: Occurrence[] = []
  const deadline = performance.now() + LONGEST_SEARCH_MS
  for (let from = after; some.length < count && performance.now() < deadline;) {
    const found = next(from)
    if (found === null) break
    some.push(found)
    from = found.at
  }
  return some
}

const FIRST_LOOK_MS = 60_000
const LOOK_GROWS = 4

/**
 * The last `count` up to `until` (inside) that are not before `from` (inside), in order. A server that was away for a year asks this of
 * a schedule that fires every second: it looks back from the end, further each time.
 */
export function lastOf(
  next: NextAfter,
  span: { readonly from: number; readonly until: number },
  count: number
): Occurrence[] {
  for (let look = FIRST_LOOK_MS; ; look *= LOOK_GROWS) {
    const from = Math.max(span.from, span.until - look)
    const some: Occurrence[] = []
    for (let after = from - 1; ;) {
      const found = next(after)
      if (found === null || found.at > span.until) break
      some.push(found)
      if (some.length > count) some.shift()
      after = found.at
    }
    if (some.length >= count || from === span.from) return some
  }
}
