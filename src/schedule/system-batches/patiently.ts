// A task of the server waits for a PostgreSQL that is away, as jobs do: without this a long one would fail for a moment's trouble.
import { setTimeout as delay } from 'node:timers/promises'
import { BatchError } from '../../batch/batch-error.ts'
import { isAway, isContention, isStatementTimeout } from '../../store/retry.ts'

export const PAUSE_MS = 1000

/** Again and again, until it works or fails for another reason. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await work()
    } catch (error) {
      if (!passes(error)) throw error
      await delay(PAUSE_MS)
    }
}

export function passes(error: unknown): boolean {
  if (error instanceof BatchError) return error.code === 'DatabaseAway' || error.code === 'StatementTimeout'
  return isAway(error) || isContention(error) || isStatementTimeout(error)
}
