// The JSL of a version at its registration: where it comes from, all that is wrong with it, and its steps.
import { BatchError } from '../batch/batch-error.ts'
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

/** Rejects with JslInvalid and all problems, ApplicationUnknown or JobXMLUnknown. */
export async function readRegisteredJsl(
  options: SchedulingOptions,
  version: { readonly application: string; readonly source: JslSource; readonly parameters: ParameterSpecs },
  caller: Caller
): Promise<RegisteredJsl> {
  const { application, source, parameters } = version
  const jobXMLName = 'jobXMLName' in source ? source.jobXMLName : null
  const jsl = 'jsl' in source ? source.jsl : await options.packagedJsl(application, source.jobXMLName)
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
  const text = told.map(({ line, column, message }) => `${line}:${column} ${message}`).join('; ')
  throw new BatchError('JslInvalid', [text], { details: { problems: told } })
}
