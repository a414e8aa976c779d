// Exit statuses come from job code: without this one that is no string, too long or not storable would break the end of its step.
import type { JobLogger } from '../batch/artifacts.ts'
import { storableText } from './artifact-error.ts'

/** The width of Liberty's exit status columns, in code points. */
const LONGEST_EXIT_STATUS = 512

/** What the job context's exit status is so far, as it can be stored; what is wrong with it is told once, at the job's end. */
export function exitStatusSoFar(given: unknown): string | null {
  return exitStatusOf(given, { info: () => {}, warn: () => {}, error: () => {} })
}

/**
 * What `given` (a context's exitStatus, or what a batchlet or decider returned) means as an exit status: `null` when none
 * was set; numbers and booleans as their text; anything else counts as not set. What is changed has its line in the job log.
 */
export function exitStatusOf(given: unknown, log: JobLogger): string | null {
  if (given === null || given === undefined) return null
  if (typeof given === 'number' || typeof given === 'boolean' || typeof given === 'bigint')
    return String(given)
  if (typeof given !== 'string') {
    log.warn(`An exit status must be a string; a value of type ${typeof given} was given and is ignored.`)
    return null
  }
  const text = storableText(given)
  if (text !== given)
    log.warn('The exit status contained U+0000 or half a surrogate pair, which is stored as U+FFFD.')
  if (text.length <= LONGEST_EXIT_STATUS) return text
  const points = Array.from(text.slice(0, 2 * LONGEST_EXIT_STATUS + 2))
  if (points.length <= LONGEST_EXIT_STATUS) return text
  log.warn(`The exit status was longer than ${LONGEST_EXIT_STATUS} characters and is cut.`)
  return points.slice(0, LONGEST_EXIT_STATUS).join('')
}
