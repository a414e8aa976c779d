// The parameters of a definition: what a run gets, what is missing, and what nobody is shown.
import type { ParameterSpecs } from '../batch/job-definition.ts'
import { type FieldProblem, fieldsInvalid } from '../batch/field-problem.ts'
import {
  isSecretName,
  MASK,
  maskedParameters,
  secretWordsWith,
  unmaskedParameters
} from '../batch/secret-parameters.ts'

type Values = Readonly<Record<string, string>>

/** Defaults, then what is given, the later winning. */
export function valuesOf(specs: ParameterSpecs, ...given: readonly Values[]): Values {
  const defaults = Object.entries(specs).flatMap(([name, { default: value }]) =>
    value === null ? [] : [[name, value] as const]
  )
  return Object.fromEntries([...defaults, ...given.flatMap(Object.entries<string>)])
}

/** The same for a start: a mask in what is given means the value that a secret has without it. */
export function startValues(
  specs: ParameterSpecs,
  words: readonly string[],
  given: readonly Values[]
): Values {
  return given.reduce(
    (before, values) => ({ ...before, ...unmaskedValues(values, before, specs, words) }),
    valuesOf(specs)
  )
}

export function missingParameters(specs: ParameterSpecs, values: Values): FieldProblem[] {
  return Object.entries(specs).flatMap(([name, { required }]) =>
    required && !Object.hasOwn(values, name)
      ? [{ path: `parameters.${name}`, message: 'is required and has no default' }]
      : []
  )
}

/** Refuses with all that are missing. */
export function requireParameters(specs: ParameterSpecs, values: Values): void {
  const missing = missingParameters(specs, values)
  if (missing.length > 0) throw fieldsInvalid(missing)
}

/** Names of those that the definition declares secret. */
export function secretParametersOf(specs: ParameterSpecs): string[] {
  return Object.entries(specs).flatMap(([name, { secret }]) => (secret ? [name] : []))
}

/** Secret defaults are masked. */
export function shownSpecs(specs: ParameterSpecs, words: readonly string[]): ParameterSpecs {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [
      name,
      spec.default !== null && (spec.secret || isSecretName(name, words)) ? { ...spec, default: MASK } : spec
    ])
  )
}

/** A mask that is sent back leaves a default as it was. Refuses one of what is to be no secret any more: it would be told. */
export function unmaskedSpecs(
  specs: ParameterSpecs,
  before: ParameterSpecs,
  words: readonly string[]
): ParameterSpecs {
  const told = Object.entries(specs).filter(
    ([name, spec]) =>
      spec.default === MASK && before[name]?.secret === true && !spec.secret && !isSecretName(name, words)
  )
  if (told.length > 0)
    throw fieldsInvalid(
      told.map(([name]) => ({
        path: `parameters.${name}.default`,
        message: 'is the mask of a secret: leave it secret, or give the value'
      }))
    )
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [
      name,
      spec.default === MASK && Object.hasOwn(before, name)
        ? { ...spec, default: before[name]!.default }
        : spec
    ])
  )
}

export function shownValues(values: Values, specs: ParameterSpecs, words: readonly string[]): Values {
  return maskedParameters(values, secretWordsWith(words, secretParametersOf(specs)))
}

/** A mask that is sent back leaves a value as it was. */
export function unmaskedValues(
  given: Values,
  before: Values,
  specs: ParameterSpecs,
  words: readonly string[]
): Values {
  return unmaskedParameters(given, before, secretWordsWith(words, secretParametersOf(specs)))
}
