// The JSL of a version at its registration: where it comes from, all that is wrong with it, and its steps.
import { BatchError, type BatchErrorCode } from '../batch/batch-error.ts'
import { type FieldProblem, fieldProblemsOf, fieldsInvalid } from '../batch/field-problem.ts'
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

export interface RegistrationToRead {
  readonly application: string
  readonly source: JslSource
  readonly parameters: ParameterSpecs
}

const PARAMETER = /#\{\s*jobParameters\s*\[\s*'([^']*)'\s*\]\s*\}/g

/** Rejects with JslInvalid and all problems, ApplicationUnknown or JobXMLUnknown, each with its field. */
export async function readRegisteredJsl(
  options: SchedulingOptions,
  version: RegistrationToRead,
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

/** As `readRegisteredJsl`, of a new definition: that its application is known is checked too. */
export async function readRegistration(
  options: SchedulingOptions,
  version: RegistrationToRead,
  caller: Caller
): Promise<RegisteredJsl> {
  const [known, read] = await Promise.allSettled([
    isPackaged(version.source) ? null : applicationKnown(options, version.application),
    readRegisteredJsl(options, version, caller)
  ])
  if (known.status === 'rejected' && read.status === 'rejected')
    throw fieldsInvalid([...fieldProblemsOf(known.reason), ...fieldProblemsOf(read.reason)])
  if (known.status === 'rejected') throw known.reason
  if (read.status === 'rejected') throw read.reason
  return read.value
}

/** What is wrong with these where something else is wrong already; `null`: that is, or it is not given. */
export async function registrationProblems(
  options: SchedulingOptions,
  given: { readonly [Part in keyof RegistrationToRead]: RegistrationToRead[Part] | null },
  caller: Caller
): Promise<readonly FieldProblem[]> {
  const { application, source, parameters } = given
  const works: Promise<unknown>[] = []
  if (application !== null && (source === null || !isPackaged(source)))
    works.push(applicationKnown(options, application))
  if (source !== null && (application !== null || !isPackaged(source))) {
    const version = { application: application ?? '', source, parameters: parameters ?? {} }
    works.push(readRegisteredJsl(options, version, caller))
  }
  const ended = await Promise.allSettled(works)
  return ended.flatMap(each => (each.status === 'rejected' ? fieldProblemsOf(each.reason) : []))
}

function isPackaged(source: JslSource): boolean {
  return 'jobXMLName' in source
}

async function applicationKnown(options: SchedulingOptions, application: string): Promise<void> {
  await fieldNamed(() => options.requireApplication(application))
}

const FIELDS: Readonly<Partial<Record<BatchErrorCode, string>>> = {
  ApplicationUnknown: 'application',
  JobXMLUnknown: 'jobXMLName',
  JobXMLNameInvalid: 'jobXMLName',
  JslInvalid: 'jobXMLName'
}

/** What `work` refuses, with the field of the request that it is about. */
async function fieldNamed<T>(work: () => Promise<T>): Promise<T> {
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
