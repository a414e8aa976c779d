// By when a run must have started, and ended: from the definition or the schedule, counted from the time it was due.

/** Seconds after the nominal time, or after the creation where there is none. */
export interface Deadlines {
  readonly startWithinSeconds: number | null
  readonly endWithinSeconds: number | null
}

/** What the schedule says counts before what the definition says, each for itself; `null` = none at all. */
export function deadlinesOf(...mostImportantFirst: readonly (Deadlines | null)[]): Deadlines | null {
  const first = (name: keyof Deadlines) =>
    mostImportantFirst.map(given => given?.[name] ?? null).find(seconds => seconds !== null) ?? null
  const deadlines = {
    startWithinSeconds: first('startWithinSeconds'),
    endWithinSeconds: first('endWithinSeconds')
  }
  return deadlines.startWithinSeconds === null && deadlines.endWithinSeconds === null ? null : deadlines
}
