// Reads how long a chunk's transaction may take from the step's properties, under its Jakarta and its older name.
import type { Properties } from '../../jsl/job-model.ts'

const NAMES = ['jakarta.transaction.global.timeout', 'javax.transaction.global.timeout'] as const
const DEFAULT_SECONDS = 180

/** Seconds, 0 = none (JSR-352 §9.7). The property of the same name on the job is not looked at. Throws for what is no number. */
export function transactionTimeout(stepProperties: Properties): number {
  for (const name of NAMES) {
    const value = stepProperties[name]?.trim()
    if (value === undefined || value === '') continue
    if (/^\d{1,9}$/.test(value)) return Number(value)
    throw new Error(`The step property ${name} must be a whole number of seconds, not "${value}"`)
  }
  return DEFAULT_SECONDS
}
