// Job parameters as an audit row has them: what was run with, without secrets, and not a second copy of every long value.
import { maskedParameters } from '../batch/secret-parameters.ts'

/** Characters of a value, and parameters, that a row keeps. */
const MOST_CHARACTERS = 200
const MOST_PARAMETERS = 50

export function auditedParameters(
  jobParameters: Readonly<Record<string, string>>,
  secretWords: readonly string[]
): Readonly<Record<string, string>> {
  const names = Object.keys(jobParameters)
  if (names.length === 0) return jobParameters
  const shown = Object.entries(maskedParameters(jobParameters, secretWords)).slice(0, MOST_PARAMETERS)
  const entries = shown.map(([name, value]) => [cut(name), cut(value)])
  if (names.length > MOST_PARAMETERS) entries.push(['…', `and ${names.length - MOST_PARAMETERS} more`])
  return Object.fromEntries(entries) as Record<string, string>
}

/** A cut may part a surrogate pair, and half of one cannot be stored. */
function cut(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text
  return `${text.slice(0, MOST_CHARACTERS).toWellFormed()}… (${text.length} characters)`
}
