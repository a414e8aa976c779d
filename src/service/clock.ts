// The only reader of the process's wall clock, so that tests can hold it still; the store has the database's clock.

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }
