// The artifact interfaces of JSR-352 by their names, as an application implements them in TypeScript; every method may
// return a promise. An application exports artifacts as classes (constructed with what is injected), as objects, or, where
// one method is all there is, as plain functions; a reader may be a generator.
//
// It is what `import type … from 'batchyard'` sees, so the files it refers to are public too.
import type { EndStatus } from './batch-status.ts'
import type { StepExecution } from './job-records.ts'

export type { BatchStatus, EndStatus } from './batch-status.ts'
export type { BulkObject, BulkOperation, BulkOutcome, BulkReach, BulkTask } from './bulk-operation.ts'
export type { ChunkConnection, ChunkKey, Injected, JobContext, JobLogger, StepContext } from './injected.ts'
export type { PartitionExecution, StepExecution } from './job-records.ts'
export type {
  ChunkListener,
  ItemProcessListener,
  ItemReadListener,
  ItemWriteListener,
  JobListener,
  RetryProcessListener,
  RetryReadListener,
  RetryWriteListener,
  SkipProcessListener,
  SkipReadListener,
  SkipWriteListener,
  StepListener
} from './listener-artifacts.ts'
export type { MetricName, Metrics } from './metrics.ts'

type Awaitable<T> = T | Promise<T>

/** JSR-352 §9.1.2: a step that is one piece of work. It has no transaction of the runtime, and is done again after a crash. */
export interface Batchlet {
  /** What it returns is the step's exit status, unless one was set in the context. When it throws, the step is FAILED. */
  process(): Awaitable<string | null | undefined | void>
  /** Called while process() is under way (§11.13); absent: the signal is all there is. */
  stop?(): Awaitable<void>
}

/** JSR-352 §9.1.1.1: where a chunk's items come from. */
export interface ItemReader<Item = unknown, Checkpoint = unknown> {
  /**
   * Before the first read, and again after a rollback (§11.9): the last committed checkpoint, `null` at the beginning. Fields of
   * the object survive a rollback, so what was read since then has to be set back here.
   */
  open?(checkpoint: Checkpoint | null): Awaitable<void>
  /** `null` or `undefined` = no more items; it is not called again after that. */
  readItem(): Awaitable<Item | null | undefined>
  /**
   * Before each commit: where to go on, stored with what the chunk wrote. Any value that the structured clone algorithm takes;
   * without it a restart begins at the beginning.
   */
  checkpointInfo?(): Awaitable<Checkpoint | null | undefined>
  /** After the last chunk, after a failure, and before each open() that follows a rollback. */
  close?(): Awaitable<void>
}

/** JSR-352 §9.1.1.2. */
export interface ItemProcessor<Item = unknown, Result = unknown> {
  /** `null` or `undefined` = the item is filtered. */
  processItem(item: Item): Awaitable<Result | null | undefined>
}

/** JSR-352 §9.1.1.3: where a chunk's items go. */
export interface ItemWriter<Item = unknown, Checkpoint = unknown> {
  /** As the reader's, after it (§11.6). */
  open?(checkpoint: Checkpoint | null): Awaitable<void>
  /**
   * What was processed since the last checkpoint, in order; `[]` when all of it was filtered and more items come. The array is the
   * writer's own.
   */
  writeItems(items: Item[]): Awaitable<void>
  /** As the reader's, after it. */
  checkpointInfo?(): Awaitable<Checkpoint | null | undefined>
  /** As the reader's, before it. */
  close?(): Awaitable<void>
}

/** JSR-352 §9.1.1.4: where chunks end, with `checkpoint-policy="custom"` (§8.2.1); item-count and time-limit do not count then. */
export interface CheckpointAlgorithm {
  /** Longest time of the next chunk's transaction in seconds; 0 = no limit of its own. */
  checkpointTimeout?(): Awaitable<number>
  /** Before a chunk's transaction begins. */
  beginCheckpoint?(): Awaitable<void>
  /** After each item: true ends the chunk. */
  isReadyToCheckpoint(): Awaitable<boolean>
  /** After the commit. */
  endCheckpoint?(): Awaitable<void>
}

/** JSR-352 §9.6. */
export interface Decider {
  /**
   * Gets the step executions behind which the decision stands: one of a step or flow, one per flow of a split (§8.5). The answer
   * is the job's exit status and what the decision's transitions match.
   */
  decide(stepExecutions: readonly StepExecution[]): Awaitable<string>
}

/** JSR-352 §9.5.1: what a mapper answers. */
export interface PartitionPlan {
  /** On a restart the number of the first attempt counts, unless it is overridden (§10.8.5). */
  partitions: number
  /** How many run at one time; 0 or absent = all. */
  threads?: number
  /** On a restart: true forgets all that partitions did, and begins anew with this plan. */
  partitionsOverride?: boolean
  /** The `n`th for partition `n`; the JSL reads them as `#{partitionPlan['name']}` (§8.8.1.4). */
  partitionProperties?: readonly Readonly<Record<string, string>>[]
  /**
   * Beyond JSR-352, which gives a partition that is restarted the properties of the new plan, by its number: true = it goes on with
   * those it began with. For plans made from data that may have changed since.
   */
  keepProperties?: boolean
}

/** JSR-352 §9.5.1. Called in every execution of the step, before its partitions (§11.7). */
export interface PartitionMapper {
  mapPartitions(): Awaitable<PartitionPlan>
}

/** JSR-352 §9.5.3. One object for each partition, in its thread. */
export interface PartitionCollector<Data = unknown> {
  /**
   * After each checkpoint that wrote something, and once at the partition's end; goes to the analyzer as a copy. Any value that
   * the structured clone algorithm takes.
   */
  collectPartitionData(): Awaitable<Data>
}

/** JSR-352 §9.5.4. One object for the step, outside of its partitions. */
export interface PartitionAnalyzer<Data = unknown> {
  /** For each answer of a collector; all data of a partition come before its status. */
  analyzeCollectorData?(data: Data): Awaitable<void>
  /** For each partition that ended. */
  analyzeStatus?(batchStatus: EndStatus, exitStatus: string): Awaitable<void>
}

/** JSR-352 §9.5.2. One object for the step, outside of its partitions. */
export interface PartitionReducer {
  /** Before the mapper. */
  beginPartitionedStep?(): Awaitable<void>
  /** When all partitions are COMPLETED. */
  beforePartitionedStepCompletion?(): Awaitable<void>
  /** When one is not, or mapper, collector or analyzer threw; and before partitions are overridden. */
  rollbackPartitionedStep?(): Awaitable<void>
  /** Last of all, whatever became of the partitions. */
  afterPartitionedStepCompletion?(status: 'COMMIT' | 'ROLLBACK'): Awaitable<void>
}
