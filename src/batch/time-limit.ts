// How long a job or a step may take, as every room says it: without this word each would count in a unit of its own.

/** Seconds of wall clock since the execution (or step execution) began, pauses and interruptions included. */
export interface TimeLimit {
  /** It is stopped and ends FAILED. */
  readonly limitSeconds: number
  /** A line in the job log says so before; less than the limit. */
  readonly warningSeconds: number
}

/** Who stops what is over its limit, where a person would be named. */
export const TIME_KEEPER = 'batchyard'

/** `what`: `the job`, or `step x`. */
export function overdueReason(what: string, { limitSeconds }: TimeLimit): string {
  return `${what} took longer than its time limit of ${limitSeconds} s`
}

/** The line of the job log that comes first. */
export function warningOf(what: string, { limitSeconds, warningSeconds }: TimeLimit): string {
  return `${what} has been at work for ${warningSeconds} s; after ${limitSeconds} s it is stopped.`
}
