// The two ways a chunk is rolled back: for good, and to be done again from the last committed checkpoint.
import * as messages from '../../joblog/job-log-messages.ts'
import { describeError, toError } from '../artifact-error.ts'
import { callEach } from './chunk-listeners.ts'
import type { ChunkRun } from './chunk-run.ts'
import type { ChunkUnderWay } from './chunk-under-way.ts'
import { throwIfFenced } from './fenced-error.ts'
import type { RollbackForRetry } from './item-error.ts'
import { closeOpened, openArtifacts } from './open-close.ts'

/**
 * The step fails with `error`: chunk listeners hear of it inside the transaction, writer and reader are closed, all is
 * rolled back. What goes wrong on the way is logged, for it must not hide the error. `chunk` null: none was under way.
 */
export async function giveUp(run: ChunkRun, chunk: ChunkUnderWay | null, error: Error): Promise<void> {
  run.scope.stepContext.exception = error
  if (chunk?.phase === 'begun') {
    await quietly(run, 'begin', () => ensureOpen(run))
    await quietly(run, 'onError', async () => callEach(run.listeners.onError, error))
    chunk.phase = 'rolledBack'
    run.scope.stepContext.metrics.ROLLBACK_COUNT++
    run.scope.log.warn(messages.chunkRolledBack(run.scope.jobContext, run.scope.step.id))
  }
  if (run.opened.reader || run.opened.writer) {
    await quietly(run, 'begin', () => ensureOpen(run))
    await quietly(run, 'close', () => closeOpened(run))
  }
  await quietly(run, 'rollback', () => run.transaction.rollback())
}

/**
 * Rollback retry, in the order of JSR-352 §11.9: close, onError, rollback, open at the last committed checkpoint. `stopping`:
 * a stop was requested; then nothing is opened any more. Rejects with what a close, a listener or an open threw.
 */
export async function reopenAtCheckpoint(
  run: ChunkRun,
  chunk: ChunkUnderWay,
  signal: RollbackForRetry
): Promise<'committed' | 'stopping'> {
  const { scope, transaction } = run
  const error = toError(signal.cause)
  const { lost } = transaction
  if (lost) run.lostInARow++
  await ensureOpen(run)
  // What hung on a lost connection cannot be closed in order.
  if (lost) await quietly(run, 'close', () => closeOpened(run))
  else await closeOpened(run)
  chunk.phase = 'rolledBack'
  scope.stepContext.metrics.ROLLBACK_COUNT++
  scope.log.warn(
    messages.chunkRolledBackForRetry(scope.jobContext, scope.step.id, describeError(error)),
    error
  )
  await callEach(run.listeners.onError, error)
  // A rollback that cannot be sent has happened all the same: the connection is gone, and the next begin takes another.
  await quietly(run, 'rollback', () => transaction.rollback())
  run.passesToRedo = Math.max(run.passesToRedo, signal.passesToRedo)
  return scope.stop.requested ? 'stopping' : await openArtifacts(run)
}

/** User code may use the connection in all that is called here, also after a commit that failed. */
async function ensureOpen(run: ChunkRun): Promise<void> {
  if (!run.transaction.open) await run.transaction.begin(run.timeoutSeconds)
}

async function quietly(run: ChunkRun, what: string, call: () => unknown): Promise<void> {
  try {
    await call()
  } catch (thrown) {
    throwIfFenced(thrown)
    run.scope.log.warn(`While the chunk was rolled back, ${what} failed as well`, thrown)
  }
}
