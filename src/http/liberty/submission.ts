// What a submit asks for, from its JSON: which key is missing when, and what stands for a missing one.
import { BatchError } from '../../batch/batch-error.ts'
import type { JobSubmission } from '../../operator/job-operator.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** `jsl`: the JSL of a form, which outweighs `jobXML`; null when there was no form. Unknown keys are ignored. */
export function submissionOf(
  body: JsonObject,
  jsl: string | null,
  idempotencyKey: string | null
): JobSubmission {
  const { application, module } = applicationOf(textOf(body, 'applicationName'), textOf(body, 'moduleName'))
  const jobXMLName = textOf(body, 'jobXMLName')
  const jobXML = jsl ?? textOf(body, 'jobXML')
  if (jobXML === null && jobXMLName === null) {
    throw new BatchError('ParameterMissing', ['jobXMLName or jobXML must be given.'])
  }
  return {
    application,
    module,
    component: textOf(body, 'componentName'),
    jobXMLName: jobXMLName ?? '',
    jobXML,
    jobParameters: jobParametersOf(body),
    idempotencyKey
  }
}

/** Names and values of `jobParameters`; none when it is missing or null. Other values than strings are refused. */
export function jobParametersOf(body: JsonObject): Readonly<Record<string, string>> {
  const parameters = body['jobParameters'] ?? {}
  if (typeof parameters !== 'object' || Array.isArray(parameters)) {
    throw new BatchError('ParameterInvalid', ['jobParameters', 'an object of strings is expected.'])
  }
  const entries = Object.entries(parameters).map(([name, value]: [string, unknown]): [string, string] => {
    if (typeof value === 'string') return [name, value]
    const kind = value === null ? 'null' : Array.isArray(value) ? 'an array' : `of type ${typeof value}`
    throw new BatchError('ParameterInvalid', [
      `jobParameters.${name.slice(0, 100).toWellFormed()}`,
      `a string is expected, and it is ${kind}.`
    ])
  })
  // Not by assignment: a parameter may be called `__proto__`.
  return Object.fromEntries(entries)
}

function applicationOf(
  application: string | null,
  module: string | null
): { application: string; module: string } {
  if (application !== null) return { application, module: module ?? `${application}.war` }
  if (module === null)
    throw new BatchError('ParameterMissing', ['applicationName or moduleName must be given.'])
  const name = module.replace(/\.war$/, '').replace(/\.jar$/, '')
  if (name.trim() === '')
    throw new BatchError('ParameterInvalid', ['moduleName', `${module} names no application.`])
  return { application: name, module }
}

/** As the product, a value that is blank or no string counts as missing. */
function textOf(body: JsonObject, key: string): string | null {
  const value = body[key]
  return typeof value === 'string' && value.trim() !== '' ? value : null
}
