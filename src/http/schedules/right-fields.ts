// Bodies that are partly wrong: all of it is to be told at once, also what no schema can see in the fields that are right.
import type { FastifyRequest } from 'fastify'
import { type FieldProblem, fieldProblemsOf, fieldsInvalid } from '../../batch/field-problem.ts'
import { type SchemaError, schemaProblems } from '../schema-problems.ts'

/** Of routes that use `rightFields`: what the schema finds is not told before it. */
export const COLLECTED = { attachValidation: true } as const

export interface RightFields<Body> {
  readonly fields: Partial<Body>
  readonly problems: FieldProblem[]
  /** Names of the fields that the problems are about; none of them is in `fields`. */
  readonly wrong: ReadonlySet<string>
}

/** What is wrong with anything but the body is thrown. */
export function rightFields<Body extends object>({
  validationError,
  body
}: Pick<FastifyRequest, 'validationError' | 'body'>): RightFields<Body> {
  if (validationError === undefined) return { fields: body as Body, problems: [], wrong: new Set() }
  if (validationError.validationContext !== 'body') throw validationError
  const problems = schemaProblems(validationError.validation as unknown as SchemaError[], 'body')
  const given = typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.entries(body) : []
  const wrong = new Set(problems.map(({ path }) => topOf(path)))
  return {
    fields: Object.fromEntries(given.filter(([name]) => !wrong.has(name))) as Partial<Body>,
    problems,
    wrong
  }
}

function topOf(path: string): string {
  return path.replace(/[.[].*$/s, '')
}

/** What `read` gives, or what it refuses, as problems. */
export function readOr<T, Otherwise>(
  problems: FieldProblem[],
  read: () => T,
  otherwise: Otherwise
): T | Otherwise {
  try {
    return read()
  } catch (error) {
    problems.push(...fieldProblemsOf(error))
    return otherwise
  }
}

/** Nothing where there are none; else they are thrown with what `more` finds in what is right. */
export async function throwAll(
  problems: readonly FieldProblem[],
  more: () => Promise<readonly FieldProblem[]>
): Promise<void> {
  if (problems.length > 0) throw fieldsInvalid([...problems, ...(await more())])
}
