// Persistent user data are whatever job code put there: without this, something that cannot be stored would break the step's end.
import { deserialize, serialize } from 'node:v8'
import { toError } from '../artifact-error.ts'
import type { StepOutcome } from './step-outcome.ts'
import type { StepScope } from './step-scope.ts'

/**
 * A copy as it will be read back: Dates, Maps, BigInts and typed arrays survive, classes lose their prototype.
 * @throws Error naming `what` for functions, promises and the like
 */
export function storedCopy(value: unknown, what: string): unknown {
  if (value === null || value === undefined) return null
  if (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol') return value
  try {
    return deserialize(serialize(value)) as unknown
  } catch (thrown) {
    throw new Error(`${what} cannot be stored: ${toError(thrown).message}`, { cause: thrown })
  }
}

/** The data to store with the step's end, also when it FAILED; what cannot be stored fails the step, and the data it began with stay. */
export function settleUserData(
  scope: StepScope,
  outcome: StepOutcome
): { readonly outcome: StepOutcome; readonly persistentUserData: unknown } {
  try {
    const what = `The persistent user data of step ${scope.step.id}`
    return { outcome, persistentUserData: storedCopy(scope.stepContext.persistentUserData, what) }
  } catch (thrown) {
    const failed = outcome.kind === 'failed' ? outcome : ({ kind: 'failed', error: toError(thrown) } as const)
    return { outcome: failed, persistentUserData: scope.state.persistentUserData }
  }
}
