// One refusal for everything that is wrong with the fields of a request; without it a caller would be told one at a time.
import { BatchError } from './batch-error.ts'

export interface FieldProblem {
  /** `when.rule.at`, `fields[0]`, or the name of a parameter. */
  readonly path: string
  /** What is wrong with it, without the path. */
  readonly message: string
}

/** More are counted, not listed. */
const MOST_LISTED = 100
const MOST_IN_MESSAGE = 5

/** ParameterInvalid, with all of them as `errors`; there must be one. */
export function fieldsInvalid(problems: readonly FieldProblem[], options: ErrorOptions = {}): BatchError {
  const [first] = problems
  if (first === undefined) throw new Error('a refusal needs a reason')
  // Some are sentences of their own.
  const shown = problems
    .slice(0, MOST_IN_MESSAGE)
    .map(({ path, message }) => `${path}: ${message.replace(/\.$/, '')}`)
  const more = problems.length - shown.length
  const text = shown.join('; ').slice(first.path.length + 2) + (more > 0 ? `; and ${more} more.` : '.')
  return new BatchError('ParameterInvalid', [first.path, text], {
    ...options,
    details: { errors: problems.slice(0, MOST_LISTED) }
  })
}

/** What such a refusal lists. @throws it, where it names no fields */
export function fieldProblemsOf(error: unknown): readonly FieldProblem[] {
  const errors = error instanceof BatchError ? error.details['errors'] : undefined
  if (errors === undefined) throw error
  return errors as readonly FieldProblem[]
}
