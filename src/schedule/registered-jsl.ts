// The JSL of a version at its registration: where it comes from, all that is wrong with it, and its steps.
import { BatchError, type BatchErrorCode } from '../batch/batch-error.ts'
import type { FieldProblem } from '../batch/field-problem.ts'
import type { ParameterSpecs } from '../batch/job-definition.ts'
import type { Caller } from '../operator/caller.ts'
import { valuesOf } from './parameter-values.ts'
import type { SchedulingOptions } from './scheduling-options.ts'

/** One of the two. */
export type JslSource = { readonly jobXMLName: string } | { readonly jsl: string }

export interface RegisteredJsl {
  readonly jsl: string
  readonly jobXMLName: string | null
  readonly steps: readonly string[]
}

const PARAMETER = /#\{\s*jobParameters\s*\[\s*'([^']*)'\s*\]\s*\}/g

/** Rejects with JslInvalid and all problems, ApplicationUnknown or JobXMLUnknown, each with its field. */
export async function readRegisteredJsl(
  options: SchedulingOptions,
  version: { readonly application: string; readonly source: JslSource; readonly parameters: ParameterSpecs },
  caller: Caller
): Promise<RegisteredJsl> {
  const { application, source, parameters } = version
  const jobXMLName = 'jobXMLName' in source ? source.jobXMLName : null
  const jsl =
    'jsl' in source ? source.jsl : await fieldNamed(() => options.packagedJsl(application, source.jobXMLName))
  const values = valuesOf(parameters)
  // What is wrong only for want of a value may be right when it runs.
  const complete = [...jsl.matchAll(PARAMETER)].every(([, name]) => Object.hasOwn(values, name!))
  const verdict = await options.operator.validateJsl(
    { jsl, application: null, jobParameters: complete ? values : null },
    caller
  )
  const problems = verdict.problems.filter(({ severity }) => severity === 'error')
  if (problems.length === 0) return { jsl, jobXMLName, steps: verdict.steps }
  const told = problems.map(({ line, column, message }) => ({ line, column, message }))
  const texts = told.map(({ line, column, message }) => `${line}:${column} ${message}`)
  const path = jobXMLName === null ? 'jsl' : 'jobXMLName'
  const errors: FieldProblem[] = texts.map(message => ({ path, message }))
  throw new BatchError('JslInvalid', [texts.join('; ')], { details: { problems: told, errors } })
}

const FIELDS: Readonly<Partial<Record<BatchErrorCode, string>>> = {
  ApplicationUnknown: 'application',
  JobXMLUnknown: 'jobXMLName',
  JobXMLNameInvalid: 'jobXMLName',
  JslInvalid: 'jobXMLName'
}

/** What `work` refuses, with the field of the request that it is about. */
export async function fieldNamed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const path = error instanceof BatchError ? FIELDS[error.code] : undefined
    if (path === undefined) throw error
    const { code, args, message, details } = error as BatchError
    throw new BatchError(code, args, {
      cause: error,
      details: { ...details, errors: [{ path, message }] }
    })
  }
}
