// The rule of JSR-352 §8.2.1.4: may an error be skipped or retried, which goes first, and how a retry is done.
import type { ChunkRun } from './chunk-run.ts'
import type { ChunkUnderWay } from './chunk-under-way.ts'

export type Decision = 'skip' | 'retryInPlace' | 'retryWithRollback' | 'fail'

/** lost: with its connection, and with all the chunk did in it. over: its commit failed, the list of that commit may be dropped. */
export type TransactionState = 'usable' | 'lost' | 'over'

/**
 * Retry goes first; while work is done again, after a rollback or in place, skip does, or nothing that keeps failing would
 * ever be skipped.
 */
export function decide(
  run: Pick<ChunkRun, 'model' | 'skippable' | 'retryable' | 'noRollback' | 'skips' | 'retries'>,
  chunk: Pick<ChunkUnderWay, 'redoing' | 'retrying'>,
  error: Error,
  transaction: TransactionState
): Decision {
  const maySkip =
    transaction !== 'lost' && isWithin(run.skips, run.model.skipLimit) && (run.skippable?.(error) ?? false)
  const mayRetry = isWithin(run.retries, run.model.retryLimit) && (run.retryable?.(error) ?? false)
  const again = chunk.redoing || chunk.retrying
  if (maySkip && (again || !mayRetry)) return 'skip'
  if (!mayRetry) return 'fail'
  return transaction === 'usable' && (run.noRollback?.(error) ?? false) ? 'retryInPlace' : 'retryWithRollback'
}

/** No limit is unlimited, 0 is none at all. */
function isWithin(done: number, limit: number | null): boolean {
  return limit === null || done < limit
}
