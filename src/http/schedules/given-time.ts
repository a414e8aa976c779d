// Times in queries and bodies: ISO 8601 with an offset, or what is wrong with them.
import { Type } from 'typebox'
import { type FieldProblem, fieldsInvalid } from '../../batch/field-problem.ts'

/** Read by `timesOf`. */
export const GivenTime = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'ISO 8601 with `Z` or an offset; a date alone is its midnight in UTC.'
})

const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d))?$/

/** Of fields that may be missing or null; refuses with all that are no times. */
export function timesOf<Name extends string>(
  given: Readonly<Partial<Record<Name, string | null | undefined>>>,
  names: readonly Name[]
): Record<Name, Date | null> {
  const problems: FieldProblem[] = []
  const times = names.map(name => {
    const text = given[name] ?? null
    if (text === null) return [name, null] as const
    // A query has a space where somebody did not encode the plus.
    const time = new Date(text.replace(/ (?=\d\d:?\d\d$)/, '+').replace(',', '.'))
    if (!TIME.test(text.replace(/ (?=\d\d:?\d\d$)/, '+')) || Number.isNaN(time.getTime()) || !isDay(text))
      problems.push({
        path: name,
        message: 'must be a time in ISO 8601 with an offset, as 2026-11-24T13:00:00Z'
      })
    return [name, time] as const
  })
  if (problems.length > 0) throw fieldsInvalid(problems)
  return Object.fromEntries(times) as Record<Name, Date | null>
}

/** JavaScript takes 30 February for 2 March. */
function isDay(text: string): boolean {
  const day = text.slice(0, 10)
  const read = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(day)
}
