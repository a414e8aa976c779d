// The JSL after substitution for the job log, and nothing secret in it: secrets are masked before they are substituted, for
// in the finished text nobody could tell them from anything else.
import { isSecretName, MASK } from '../batch/secret-parameters.ts'
import { LONGEST_LOGGED_JSL } from '../joblog/job-log-banners.ts'
import type { JobSource } from '../jsl/job-source.ts'
import type { Properties } from '../jsl/job-model.ts'
import { rememberLast } from '../jsl/last-result.ts'
import { resolvedJobText, resolvedPartitionText, type TextOptions } from '../jsl/jsl-text.ts'
import type { PartitionOrder, UnitOrder } from './unit-port.ts'

/** The system property that bears the repository's password. */
const DATABASE_URL = 'batchyard.database.url'

type Values = Pick<UnitOrder, 'jobParameters' | 'systemProperties'> & {
  readonly secretWords?: readonly string[] | undefined
}

/** `null` when it cannot be made: masks may be longer than what they stand for, and grow beyond what a job may hold. */
export function loggedJobJsl(
  source: JobSource,
  { jobParameters, systemProperties, secretWords }: Values
): string | null {
  return jobText(source, { jobParameters, systemProperties, secretWords })
}

const jobText = rememberLast((source: JobSource, values: Values) =>
  attempt(() => resolvedJobText(source, masked(values), optionsOf(values)))
)

/** The same of the step that a partition runs. */
export function loggedPartitionJsl(
  source: JobSource,
  order: Values,
  partition: PartitionOrder
): string | null {
  const { stepName, planProperties } = partition
  const values = { ...masked(order), partitionPlan: withoutSecrets(planProperties, order.secretWords) }
  return attempt(() => resolvedPartitionText(source, stepName, values, optionsOf(order)))
}

function optionsOf({ secretWords }: Values): TextOptions {
  // One more than is shown, or the log could not say that something was cut.
  return { longest: LONGEST_LOGGED_JSL + 1, secretWords }
}

function masked({ jobParameters, systemProperties, secretWords }: Values) {
  return {
    jobParameters: withoutSecrets(jobParameters, secretWords),
    systemProperties: withoutSecrets(systemProperties, secretWords)
  }
}

/** An empty secret stays empty: a mask in its place would keep the default of its expression away. */
function withoutSecrets(values: Properties, secretWords: readonly string[] | undefined): Properties {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      value !== '' && isSecret(name, value, secretWords) ? MASK : value
    ])
  )
}

/** A URL with a user in it bears a password, whatever its name. */
function isSecret(name: string, value: string, secretWords: readonly string[] | undefined): boolean {
  return name === DATABASE_URL || isSecretName(name, secretWords) || /:\/\/[^\s]*@/.test(value)
}

function attempt(make: () => string): string | null {
  try {
    return make()
  } catch {
    return null
  }
}
