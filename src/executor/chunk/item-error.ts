// What follows an error of reader, processor or writer (or of the commit): who hears of it, and whether the chunk goes on.
import { setImmediate } from 'node:timers/promises'
import { toError } from '../artifact-error.ts'
import { callEach } from './chunk-listeners.ts'
import { SKIP_METRIC } from './chunk-metrics.ts'
import type { ChunkRun } from './chunk-run.ts'
import type { ChunkUnderWay } from './chunk-under-way.ts'
import { throwIfFenced } from './fenced-error.ts'
import { decide, type TransactionState } from './skip-or-retry.ts'

/** Where an error may be skipped or retried (JSR-352 §8.2.1.4.1); a failed commit is one of `write`. */
export type ItemOperation = 'read' | 'process' | 'write'

/** Not an error of anybody: carries a retryable error up to the loop, which rolls the chunk back and goes on from the checkpoint. */
export class RollbackForRetry extends Error {
  override readonly name = 'RollbackForRetry'
  /** Passes after which the point of the failure has been passed. */
  readonly passesToRedo: number

  constructor(cause: Error, passesToRedo: number) {
    super('the chunk is rolled back and done again item by item', { cause })
    this.passesToRedo = passesToRedo
  }
}

const ON_ERROR = { read: 'onReadError', process: 'onProcessError', write: 'onWriteError' } as const
const ON_SKIP = { read: 'onSkipReadItem', process: 'onSkipProcessItem', write: 'onSkipWriteItem' } as const
const ON_RETRY = {
  read: 'onRetryReadException',
  process: 'onRetryProcessException',
  write: 'onRetryWriteException'
} as const

/**
 * `skip`: the item (of a write: the whole list) is dropped. `retry`: do the operation again in the same transaction.
 * Throws RollbackForRetry for a retry with rollback, and the error when neither applies; Fenced before anything else.
 * `about`: the item or the list its listeners are told of, nothing for a read. `ofCommit`: nothing is left to undo.
 */
export async function handleItemError(
  run: ChunkRun,
  chunk: ChunkUnderWay,
  operation: ItemOperation,
  thrown: unknown,
  about: readonly [] | readonly [unknown],
  ofCommit = false
): Promise<'skip' | 'retry'> {
  throwIfFenced(thrown)
  const error = toError(thrown)
  // ENGINE E9: nobody's error; no listener hears of it, and no limit is spent.
  if (run.transaction.lost) throw new RollbackForRetry(error, 0)
  run.scope.stepContext.exception = error
  const transaction = ofCommit ? 'over' : await undoOperation(run)
  const listenerError = await tell(run, ON_ERROR[operation], about, error)
  const decision = decide(run, chunk, error, transaction)
  if (decision === 'fail') {
    if (listenerError) run.scope.log.warn(`${ON_ERROR[operation]} failed as well`, listenerError)
    throw error
  }
  if (listenerError) throw listenerError
  // Errors may follow each other without anything to wait for: a stop must be able to come in between.
  await setImmediate()
  if (decision === 'skip') return await skip(run, operation, about, error)
  run.retries++
  await callEach(run.listeners[ON_RETRY[operation]], ...about, error)
  // An operation that failed again after its retry is not tried for ever once a stop was requested: the chunk is given up.
  const givenUp = chunk.retrying && run.scope.stop.requested
  if (decision === 'retryInPlace' && !givenUp) {
    chunk.retrying = true
    return 'retry'
  }
  // The pass under way counts as well when it failed; a write or a commit fails after its passes.
  throw new RollbackForRetry(error, operation === 'write' ? chunk.passes : chunk.passes + 1)
}

/**
 * Takes back what the failed operation did through the chunk's connection, so that neither its SQL nor the error of its SQL
 * stays in the transaction.
 */
async function undoOperation(run: ChunkRun): Promise<TransactionState> {
  if (!run.savepoints) return 'usable'
  try {
    await run.transaction.rollbackToSavepoint()
    return 'usable'
  } catch (thrown) {
    throwIfFenced(thrown)
    run.scope.log.warn('The chunk cannot go on in its transaction', thrown)
    return 'lost'
  }
}

async function skip(
  run: ChunkRun,
  operation: ItemOperation,
  about: readonly [] | readonly [unknown],
  error: Error
): Promise<'skip'> {
  run.skips++
  run.scope.stepContext.metrics[SKIP_METRIC[operation]]++
  const limit = run.model.skipLimit === null ? '' : ` of at most ${run.model.skipLimit}`
  run.scope.log.warn(`Skipped an error of ${operation} (skip ${run.skips}${limit})`, error)
  await callEach(run.listeners[ON_SKIP[operation]], ...about, error)
  return 'skip'
}

/** The error a listener threw, kept until it is known whether the operation's own error ends the step anyway. */
async function tell(
  run: ChunkRun,
  callback: (typeof ON_ERROR)[ItemOperation],
  about: readonly [] | readonly [unknown],
  error: Error
): Promise<Error | null> {
  try {
    await callEach(run.listeners[callback], ...about, error)
    return null
  } catch (thrown) {
    throwIfFenced(thrown)
    return toError(thrown)
  }
}
