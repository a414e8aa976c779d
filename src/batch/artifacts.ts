// The artifact interfaces of JSR-352 by their names, as an application implements them in TypeScript; every method may
// return a promise. An application exports artifacts as classes (constructed with what is injected), as objects, or, where
// one method is all there is, as plain functions; a reader may be a generator.
import type { BatchStatus, EndStatus } from './batch-status.ts'
import type { StepExecution } from './job-records.ts'
import type { Metrics } from './metrics.ts'

type Awaitable<T> = T | Promise<T>

/** JSR-352 §9.4.1. One object per job execution; partitions and flows of a split each get one of their own (§16). */
export interface JobContext {
  readonly jobName: string
  readonly instanceId: number
  readonly executionId: number
  /** The job's own `<properties>`; neither job parameters nor the properties of steps or artifacts. */
  readonly properties: Readonly<Record<string, string>>
  readonly batchStatus: BatchStatus
  /** `null` until set; setting `null` takes it back. The last writer wins. */
  exitStatus: string | null
  /** Lives as long as this object; never stored. */
  transientUserData: unknown
}

/** JSR-352 §9.4.2. One object per step execution and thread. */
export interface StepContext {
  readonly stepName: string
  readonly stepExecutionId: number
  readonly properties: Readonly<Record<string, string>>
  readonly batchStatus: BatchStatus
  exitStatus: string | null
  transientUserData: unknown
  /** Stored with each checkpoint and at the step's end; any value the structured clone algorithm takes. */
  persistentUserData: unknown
  /** The last error an artifact of this step threw to the runtime. */
  readonly exception: Error | null
  readonly metrics: Readonly<Metrics>
}

/** Writes lines of the job log; the name of the artifact stands where Liberty has the class name. */
export interface JobLogger {
  info(message: string): void
  warn(message: string, error?: unknown): void
  error(message: string, error?: unknown): void
}

/**
 * The chunk's database connection: what is written through it commits or rolls back with the checkpoint (exactly once).
 * Transaction control (`begin`, `commit`, `rollback` …) is refused: the runtime owns the transaction.
 */
export interface ChunkConnection {
  /** Runs one statement, `$1` style parameters. */
  query<Row = Record<string, unknown>>(
    sql: string,
    values?: readonly unknown[]
  ): Promise<{ rows: Row[]; rowCount: number }>
}

/** What a commit elsewhere can use as its key: the same chunk has the same key when it is done again. */
export interface ChunkKey {
  readonly instanceId: number
  readonly stepName: string
  /** `null` outside of partitions. */
  readonly partitionNumber: number | null
  /** Counts on over restarts. */
  readonly chunkNumber: number
}

/** What CDI would inject (JSR-352 §9.3). */
export interface Injected {
  /** The artifact's own `<properties>` after substitution; a name that is missing or resolves to `''` is absent. */
  readonly properties: Readonly<Record<string, string | undefined>>
  readonly jobContext: JobContext
  /** Absent for job listeners; for a decider too (§17). */
  readonly stepContext: StepContext
  /** The parameters of this job execution. */
  readonly jobParameters: Readonly<Record<string, string>>
  readonly log: JobLogger
  /** Aborted when a stop of the job was requested. */
  readonly signal: AbortSignal
  /** The partition this artifact works for; `null` outside of partitions. */
  readonly partitionNumber: number | null
  /** The chunk's connection: usable by readers, processors, writers and chunk-level listeners inside a chunk. */
  readonly connection: ChunkConnection
  /** The chunk under way. */
  readonly chunk: ChunkKey
}

export interface Batchlet {
  process(): Awaitable<string | null | undefined | void>
  /** Called while process() is under way; absent: the signal is all there is. */
  stop?(): Awaitable<void>
}

export interface ItemReader<Item = unknown, Checkpoint = unknown> {
  open?(checkpoint: Checkpoint | null): Awaitable<void>
  /** `null` or `undefined` = no more items; it is not called again after that. */
  readItem(): Awaitable<Item | null | undefined>
  checkpointInfo?(): Awaitable<Checkpoint | null | undefined>
  close?(): Awaitable<void>
}

export interface ItemProcessor<Item = unknown, Result = unknown> {
  /** `null` or `undefined` = the item is filtered. */
  processItem(item: Item): Awaitable<Result | null | undefined>
}

export interface ItemWriter<Item = unknown, Checkpoint = unknown> {
  open?(checkpoint: Checkpoint | null): Awaitable<void>
  writeItems(items: Item[]): Awaitable<void>
  checkpointInfo?(): Awaitable<Checkpoint | null | undefined>
  close?(): Awaitable<void>
}

export interface CheckpointAlgorithm {
  /** Seconds; 0 = no limit. */
  checkpointTimeout?(): Awaitable<number>
  beginCheckpoint?(): Awaitable<void>
  isReadyToCheckpoint(): Awaitable<boolean>
  endCheckpoint?(): Awaitable<void>
}

export interface Decider {
  /** The answer is the job's exit status and what the decision's transitions match (§17). */
  decide(stepExecutions: readonly StepExecution[]): Awaitable<string>
}

/** What a mapper answers. `threads` 0 or absent = as many as partitions; `partitionProperties[n]` for partition n. */
export interface PartitionPlan {
  partitions: number
  threads?: number
  partitionsOverride?: boolean
  partitionProperties?: readonly Readonly<Record<string, string>>[]
}

export interface PartitionMapper {
  mapPartitions(): Awaitable<PartitionPlan>
}

export interface PartitionCollector<Data = unknown> {
  collectPartitionData(): Awaitable<Data>
}

export interface PartitionAnalyzer<Data = unknown> {
  analyzeCollectorData?(data: Data): Awaitable<void>
  analyzeStatus?(batchStatus: EndStatus, exitStatus: string): Awaitable<void>
}

export interface PartitionReducer {
  beginPartitionedStep?(): Awaitable<void>
  beforePartitionedStepCompletion?(): Awaitable<void>
  rollbackPartitionedStep?(): Awaitable<void>
  afterPartitionedStepCompletion?(status: 'COMMIT' | 'ROLLBACK'): Awaitable<void>
}

export interface JobListener {
  beforeJob?(): Awaitable<void>
  afterJob?(): Awaitable<void>
}

export interface StepListener {
  beforeStep?(): Awaitable<void>
  afterStep?(): Awaitable<void>
}

export interface ChunkListener {
  beforeChunk?(): Awaitable<void>
  onError?(error: Error): Awaitable<void>
  afterChunk?(): Awaitable<void>
}

export interface ItemReadListener<Item = unknown> {
  beforeRead?(): Awaitable<void>
  /** Also called with `null` for the last read. */
  afterRead?(item: Item | null): Awaitable<void>
  onReadError?(error: Error): Awaitable<void>
}

export interface ItemProcessListener<Item = unknown, Result = unknown> {
  beforeProcess?(item: Item): Awaitable<void>
  afterProcess?(item: Item, result: Result | null): Awaitable<void>
  onProcessError?(item: Item, error: Error): Awaitable<void>
}

export interface ItemWriteListener<Item = unknown> {
  beforeWrite?(items: Item[]): Awaitable<void>
  afterWrite?(items: Item[]): Awaitable<void>
  onWriteError?(items: Item[], error: Error): Awaitable<void>
}

export interface SkipReadListener {
  onSkipReadItem?(error: Error): Awaitable<void>
}

export interface SkipProcessListener<Item = unknown> {
  onSkipProcessItem?(item: Item, error: Error): Awaitable<void>
}

export interface SkipWriteListener<Item = unknown> {
  onSkipWriteItem?(items: Item[], error: Error): Awaitable<void>
}

export interface RetryReadListener {
  onRetryReadException?(error: Error): Awaitable<void>
}

export interface RetryProcessListener<Item = unknown> {
  onRetryProcessException?(item: Item, error: Error): Awaitable<void>
}

export interface RetryWriteListener<Item = unknown> {
  onRetryWriteException?(items: Item[], error: Error): Awaitable<void>
}
