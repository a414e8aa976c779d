// One round: a chunk from its begin to its commit, or to the reason why it did not commit.
import { toError } from '../artifact-error.ts'
import type { Checkpoint } from '../unit-port.ts'
import { beginCheckpoint, takeCheckpoint } from './checkpoint.ts'
import { callEach } from './chunk-listeners.ts'
import { metricsWith } from './chunk-metrics.ts'
import type { ChunkRun } from './chunk-run.ts'
import { type ChunkUnderWay, newChunk } from './chunk-under-way.ts'
import { throwIfFenced } from './fenced-error.ts'
import { fillBuffer } from './fill-buffer.ts'
import { handleItemError, RollbackForRetry } from './item-error.ts'
import { storedCopy } from '../step/persistent-user-data.ts'
import { writeBuffer } from './write-buffer.ts'

/** What one chunk came to. `depleted`: it stands, and the reader has no more. `stopping`: it stands, and no other follows. */
export type ChunkOutcome =
  | { readonly kind: 'committed' | 'depleted' | 'stopping' }
  | { readonly kind: 'toRedo'; readonly chunk: ChunkUnderWay; readonly signal: RollbackForRetry }
  | { readonly kind: 'failed'; readonly chunk: ChunkUnderWay; readonly error: Error }

/** Rejects with Fenced only. */
export async function runOneChunk(run: ChunkRun): Promise<ChunkOutcome> {
  const { scope, listeners, transaction, algorithm, hooks } = run
  const chunk = newChunk(run)
  try {
    scope.chunk.chunkNumber = run.chunkNumber + 1
    const timeoutSeconds = await beginCheckpoint(run)
    await transaction.begin(timeoutSeconds)
    chunk.phase = 'begun'
    await callEach(listeners.beforeChunk)
    await fillBuffer(run, chunk)
    await writeBuffer(run, chunk)
    await callEach(listeners.afterChunk)
    const committed = await commit(run, chunk)
    await algorithm?.endCheckpoint?.()
    await hooks.afterCheckpoint?.(chunk.wrote)
    // A stop that comes when everything was read finds nothing left to stop; what the step becomes is decided at its end.
    if (chunk.depleted) return { kind: 'depleted' }
    return { kind: committed }
  } catch (thrown) {
    throwIfFenced(thrown)
    if (thrown instanceof RollbackForRetry) return { kind: 'toRedo', chunk, signal: thrown }
    if (transaction.lost) return { kind: 'toRedo', chunk, signal: new RollbackForRetry(toError(thrown), 0) }
    return { kind: 'failed', chunk, error: toError(thrown) }
  }
}

/** From here on the chunk counts, with its numbers, and a rollback goes back no further than it. */
async function commit(run: ChunkRun, chunk: ChunkUnderWay): Promise<'committed' | 'stopping'> {
  const { scope, transaction } = run
  const checkpoint = await takeCheckpoint(run, chunk)
  // With filters what cannot be stored is refused here: as a failed commit it could be skipped, and with it the list.
  const kept = copyOf(run, checkpoint)
  let stored = checkpoint
  let answer: 'committed' | 'stopping'
  try {
    answer = await transaction.commit(await withCollected(run, chunk, checkpoint))
  } catch (thrown) {
    // ENGINE E9: a commit whose connection went is no failed write. It is done again, and no limit is spent on it.
    if (transaction.lost) throw thrown
    await skipCommit(run, chunk, thrown)
    stored = { ...checkpoint, metrics: metricsWith(scope.stepContext.metrics, chunk) }
    answer = await transaction.commit(stored)
  }
  chunk.phase = 'committed'
  run.lostInARow = 0
  Object.assign(scope.stepContext.metrics, stored.metrics)
  run.chunkNumber = stored.chunkNumber
  run.passesToRedo = Math.max(0, run.passesToRedo - chunk.passes)
  run.readerCheckpoint = kept.readerCheckpoint
  run.writerCheckpoint = kept.writerCheckpoint
  return answer
}

/** Asks the collector of a partition whose analyzer is on another server. */
async function withCollected(
  run: ChunkRun,
  chunk: ChunkUnderWay,
  checkpoint: Checkpoint
): Promise<Checkpoint> {
  const { hooks, scope } = run
  if (hooks.withinCommit === undefined || !chunk.wrote) return checkpoint
  const { metrics } = scope.stepContext
  const before = { ...metrics }
  Object.assign(metrics, checkpoint.metrics)
  const collected = await hooks.withinCommit()
  Object.assign(metrics, before)
  return collected ? { ...checkpoint, collected } : checkpoint
}

/**
 * JSR-352 §8.2.1.4.1: a failed commit is a failed write. Returns when its list is skipped, in a new transaction in which
 * the checkpoint behind the list can be stored.
 */
async function skipCommit(run: ChunkRun, chunk: ChunkUnderWay, thrown: unknown): Promise<void> {
  throwIfFenced(thrown)
  try {
    // Listeners may use the connection.
    await run.transaction.begin(run.timeoutSeconds)
  } catch (another) {
    throwIfFenced(another)
    run.scope.log.warn('No transaction could be begun after a commit failed', another)
  }
  await handleItemError(run, chunk, 'write', thrown, [chunk.buffer], true)
  if (!run.transaction.open) throw thrown
  chunk.written = 0
  chunk.wrote = false
}

/** What a rollback goes back to, with a retry or after a lost connection: artifacts reuse their objects. */
function copyOf(
  run: ChunkRun,
  checkpoint: Checkpoint
): Pick<Checkpoint, 'readerCheckpoint' | 'writerCheckpoint'> {
  if (run.savepoints) storedCopy(checkpoint.persistentUserData, 'The persistent user data')
  return {
    readerCheckpoint: storedCopy(checkpoint.readerCheckpoint, "The reader's checkpoint"),
    writerCheckpoint: storedCopy(checkpoint.writerCheckpoint, "The writer's checkpoint")
  }
}
