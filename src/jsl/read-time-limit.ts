// The time limit of a job or a step from its properties: two names of ours among those that belong to the job's author.
import type { TimeLimit } from '../batch/time-limit.ts'
import { type JslAttribute, type KnownElement, label } from './job-source.ts'
import { type ProblemList, shown } from './jsl-problem.ts'
import { childOf, childrenOf, MAX_INTEGER } from './read-values.ts'

const LIMIT = 'batchyard.timeLimitSeconds'
const WARNING = 'batchyard.timeWarningSeconds'

/** Of the limit, where no property says when to warn. */
const WARNED_AFTER = 0.8

/** `null` without a limit; an empty value, which a missing job parameter leaves, is none. */
export function readTimeLimit(owner: KnownElement, problems: ProblemList): TimeLimit | null {
  const limit = propertyOf(owner, LIMIT)
  const warning = propertyOf(owner, WARNING)
  const limitSeconds = secondsOf(limit, LIMIT, owner, problems)
  const warningSeconds = secondsOf(warning, WARNING, owner, problems)
  if (warning !== null && warningSeconds !== null) {
    if (limit === null)
      problems.add(warning, `the property ${WARNING} of ${label(owner)} needs ${LIMIT} beside it`)
    else if (limitSeconds !== null && warningSeconds >= limitSeconds)
      problems.add(warning, `the property ${WARNING} of ${label(owner)} must be less than its ${LIMIT}`)
  }
  if (limitSeconds === null) return null
  return { limitSeconds, warningSeconds: warningSeconds ?? limitSeconds * WARNED_AFTER }
}

/** The last of a name wins, as everywhere; `null` where its value is empty. */
function propertyOf(owner: KnownElement, name: string): JslAttribute<string | null> | null {
  const named = childrenOf(childOf(owner, 'properties'), 'property').findLast(
    property => property.attributes['name']?.value === name
  )
  const value = named?.attributes['value']
  return value === undefined || value.value?.trim() === '' ? null : value
}

function secondsOf(
  value: JslAttribute<string | null> | null,
  name: string,
  owner: KnownElement,
  problems: ProblemList
): number | null {
  // Not known yet, but by what waits for a partition: that is too late for the step as a whole.
  if (value === null || (value.value === null && owner.late === undefined)) return null
  const text = value.value?.trim() ?? ''
  const seconds = /^[0-9]{1,20}$/.test(text) ? Number(text) : NaN
  if (seconds >= 1 && seconds <= MAX_INTEGER) return seconds
  const given =
    value.value === null
      ? 'depends on the partition'
      : `is ${shown(value.value)}${value.substituted ? ' after substitution' : ''}`
  problems.add(
    value,
    `the property ${name} of ${label(owner)} ${given}; it must be a whole number from 1 to ${MAX_INTEGER}`
  )
  return null
}
