// Without this one request with U+0000 would break up a whole group of submits: PostgreSQL stores no such text (ENGINE E16).
import { BatchError } from '../batch/batch-error.ts'

/** Real bodies have two levels; the limit keeps a body of brackets alone from exhausting the stack. */
const DEEPEST = 64

/** Refuses U+0000 and lone surrogates anywhere in a value made of strings, arrays and objects, naming the field. */
export function refuseUnstorable(value: unknown, field: string, depth = 0): void {
  if (typeof value === 'string') {
    const found = unstorable(value)
    if (found) throw new BatchError('TextInvalid', [field, found])
  } else if (typeof value === 'object' && value !== null) {
    if (depth === DEEPEST)
      throw new BatchError('BodyInvalid', [`it is nested deeper than ${DEEPEST} levels.`])
    for (const [name, member] of Object.entries(value)) {
      const found = unstorable(name)
      // JSON's escapes, so that the answer itself can be read.
      if (found) throw new BatchError('TextInvalid', [`The name ${JSON.stringify(name)} in ${field}`, found])
      refuseUnstorable(member, memberOf(field, name, Array.isArray(value)), depth + 1)
    }
  }
}

function memberOf(field: string, name: string, isArray: boolean): string {
  const short = name.length > 100 ? `${name.slice(0, 100).toWellFormed()}…` : name
  if (isArray) return `${field}[${short}]`
  return field === 'body' ? short : `${field}.${short}`
}

function unstorable(text: string): string | null {
  if (text.includes('\u0000')) return 'U+0000'
  return text.isWellFormed() ? null : 'a lone surrogate'
}
