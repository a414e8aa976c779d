// What all chunks of one step execution (or partition) share: its artifacts, rules and transaction, and how far it has come.
import type { CheckpointAlgorithm, ItemProcessor, ItemReader, ItemWriter } from '../../batch/artifacts.ts'
import type { ArtifactRef, Chunk } from '../../jsl/job-model.ts'
import type { Clock } from '../../service/clock.ts'
import { withMethod } from '../required-method.ts'
import type { StepScope } from '../step/step-scope.ts'
import type { Checkpoint } from '../unit-port.ts'
import { type ChunkListeners, chunkListeners } from './chunk-listeners.ts'
import { skipsOf } from './chunk-metrics.ts'
import { ChunkTransaction } from './chunk-transaction.ts'
import { type ExceptionFilter, exceptionFilter } from './exception-filter.ts'
import { transactionTimeout } from './transaction-timeout.ts'

export interface ChunkHooks {
  /**
   * Called after the commit of each chunk; `wroteSomething` when its writeItems was called and stood (also with an empty
   * list, when all of the chunk's items were filtered). What it rejects with ends the step FAILED.
   */
  afterCheckpoint?(wroteSomething: boolean): Promise<void>
  /**
   * Called as the last thing before the commit of a chunk that wrote: what it gives is stored with it. It sees the counters as
   * they will stand. Rejects with Fenced only.
   */
  withinCommit?(): Promise<Checkpoint['collected'] | null>
}

export interface ChunkRun {
  readonly scope: StepScope
  readonly hooks: ChunkHooks
  readonly clock: Clock
  readonly model: Chunk
  readonly reader: ItemReader
  readonly processor: ItemProcessor | null
  readonly writer: ItemWriter
  /** With checkpoint-policy custom; item-count and time-limit are ignored then (JSR-352 §8.2.1). */
  readonly algorithm: CheckpointAlgorithm | null
  readonly listeners: ChunkListeners
  readonly transaction: ChunkTransaction
  /** Seconds; 0 = none. */
  readonly timeoutSeconds: number
  readonly skippable: ExceptionFilter | null
  readonly retryable: ExceptionFilter | null
  readonly noRollback: ExceptionFilter | null
  /** Something may be skipped or retried: a savepoint stands around each read, process and write (ENGINE E9). */
  readonly savepoints: boolean
  /** Which of the two must still be closed. */
  readonly opened: { reader: boolean; writer: boolean }
  /** Limits are shared by reader, processor and writer. */
  skips: number
  retries: number
  /** Passes still to be made one item a chunk, because a chunk that had made so many was rolled back (§11). */
  passesToRedo: number
  /** Chunks that lost their connection since the last one that committed. */
  lostInARow: number
  /** The last committed ones, as a restart would find them: artifacts go on changing the objects they gave. */
  readerCheckpoint: unknown
  writerCheckpoint: unknown
  chunkNumber: number
}

/** Rejects when an artifact cannot be created or lacks its method, and when the timeout property is no number. */
export async function createChunkRun(
  scope: StepScope,
  model: Chunk,
  hooks: ChunkHooks,
  clock: Clock
): Promise<ChunkRun> {
  const timeoutSeconds = transactionTimeout(scope.step.properties)
  const reader = await create<ItemReader>(scope, model.reader, 'readItem')
  const processor = model.processor
    ? await create<ItemProcessor>(scope, model.processor, 'processItem')
    : null
  const writer = await create<ItemWriter>(scope, model.writer, 'writeItems')
  const skippable = exceptionFilter(model.skippable)
  const retryable = exceptionFilter(model.retryable)
  return {
    scope,
    hooks,
    clock,
    model,
    reader,
    processor,
    writer,
    algorithm: await createAlgorithm(scope, model),
    listeners: chunkListeners(scope.listeners),
    transaction: new ChunkTransaction(await scope.port.chunks(scope.target), clock),
    timeoutSeconds,
    skippable,
    retryable,
    noRollback: exceptionFilter(model.noRollback),
    savepoints: skippable !== null || retryable !== null,
    opened: { reader: false, writer: false },
    skips: skipsOf(scope.state.metrics),
    retries: 0,
    passesToRedo: 0,
    lostInARow: 0,
    readerCheckpoint: scope.state.readerCheckpoint,
    writerCheckpoint: scope.state.writerCheckpoint,
    chunkNumber: scope.state.chunkNumber
  }
}

async function createAlgorithm(scope: StepScope, model: Chunk): Promise<CheckpointAlgorithm | null> {
  if (model.checkpointPolicy !== 'custom') return null
  if (!model.checkpointAlgorithm) throw new Error('checkpoint-policy="custom" needs a checkpoint-algorithm')
  return await create<CheckpointAlgorithm>(scope, model.checkpointAlgorithm, 'isReadyToCheckpoint')
}

async function create<Artifact extends object>(
  scope: StepScope,
  ref: ArtifactRef,
  method: keyof Artifact & string
): Promise<Artifact> {
  return withMethod<Artifact>(await scope.createArtifact(ref), ref, method)
}
