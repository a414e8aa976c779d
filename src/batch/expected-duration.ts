// How long a run is expected to take, from those before it, and when one that is under way should end.

export interface ExpectedDuration {
  readonly medianMs: number
  /** Nine of ten took no longer. */
  readonly p90Ms: number
  /** So many runs it was learnt from; at least 1. */
  readonly runs: number
}

/**
 * When a run that began then should end, seen at `now` (milliseconds since 1970): after the median, or after the 90th percentile
 * once the median has passed. `null` once that has passed too, for then nobody knows.
 */
export function etaOf(startTime: Date, expected: ExpectedDuration, now: number): Date | null {
  const ends = [expected.medianMs, expected.p90Ms].map(ms => startTime.getTime() + ms)
  const next = ends.find(end => end >= now)
  return next === undefined ? null : new Date(next)
}
