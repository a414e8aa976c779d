// What PostgreSQL could not do in time, or at all, is a refusal that a client can act on, not a fault.
import { BatchError } from '../batch/batch-error.ts'
import { isAway, isStatementTimeout } from '../store/retry.ts'

/** The same use cases; they reject with StatementTimeout or DatabaseAway then. */
export function refusingWhileAway<UseCases extends object>(
  statementTimeoutSeconds: number,
  useCases: UseCases
): UseCases {
  const refusing = Object.entries(useCases).map(([name, useCase]) => {
    const call = useCase as (...args: unknown[]) => Promise<unknown>
    return [
      name,
      async (...args: unknown[]) => {
        try {
          return await call(...args)
        } catch (error) {
          if (isStatementTimeout(error))
            throw new BatchError('StatementTimeout', [statementTimeoutSeconds], { cause: error })
          if (isAway(error)) throw new BatchError('DatabaseAway', [], { cause: error })
          throw error
        }
      }
    ]
  })
  return Object.fromEntries(refusing) as UseCases
}
