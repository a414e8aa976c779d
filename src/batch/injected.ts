// What the runtime hands to an artifact, where JSR-352 has dependency injection: contexts, properties, the job log, the chunk's
// connection. Part of the public types (artifacts.ts).
import type { BatchStatus } from './batch-status.ts'
import type { Metrics } from './metrics.ts'

/**
 * JSR-352 §9.4: one object per job execution; each partition and each flow of a split has one of its own, from which nothing
 * is copied back.
 */
export interface JobContext {
  /** The id of the JSL's `<job>`, not the name of its file. */
  readonly jobName: string
  /** JSR-352 §10.3: stays the same over restarts. */
  readonly instanceId: number
  /** JSR-352 §10.3: another one after each restart. */
  readonly executionId: number
  /** The job's own `<properties>`; neither job parameters nor the properties of steps or artifacts (JSR-352 §9.3.3). */
  readonly properties: Readonly<Record<string, string>>
  readonly batchStatus: BatchStatus
  /**
   * JSR-352 §8.7: `null` until set, and then the name of the batch status; setting `null` takes it back. The last writer wins:
   * artifacts, deciders, and the `exit-status` of the element that ends the job.
   */
  exitStatus: string | null
  /** Lives as long as this object, over all its steps; never stored. */
  transientUserData: unknown
}

/** JSR-352 §9.4: one object per step execution; each partition has one of its own. */
export interface StepContext {
  readonly stepName: string
  /** Inside of a partition that of the whole step. */
  readonly stepExecutionId: number
  /** The step's own `<properties>` (JSR-352 §9.3.3). */
  readonly properties: Readonly<Record<string, string>>
  readonly batchStatus: BatchStatus
  /** JSR-352 §8.7: `null` until set; outweighs what a batchlet returns. In a partition it is the partition's. */
  exitStatus: string | null
  /** Lives as long as this object; never stored. */
  transientUserData: unknown
  /**
   * Stored with each checkpoint and at the step's end, also of one that failed; a restart of the step finds it again
   * (JSR-352 §10.8). Any value that the structured clone algorithm takes.
   */
  persistentUserData: unknown
  /** The last error an artifact of this step threw to the runtime; `null` before. */
  readonly exception: Error | null
  /** JSR-352 §10.2: of this step execution, so a restart begins at 0; of committed chunks only. */
  readonly metrics: Readonly<Metrics>
}

/** Writes lines of the job log; the name of the artifact stands where Liberty has the class name. */
export interface JobLogger {
  info(message: string): void
  /** An error comes with its stack and its causes. */
  warn(message: string, error?: unknown): void
  /** As `warn`; it fails nothing by itself. */
  error(message: string, error?: unknown): void
}

/**
 * The chunk's database connection: what is written through it commits or rolls back with the checkpoint (exactly once,
 * JSR-352 §9.7). Transaction control (`begin`, `commit`, `rollback` …) is refused: the runtime owns the transaction.
 */
export interface ChunkConnection {
  /** Runs one statement, `$1` style parameters. */
  query<Row = Record<string, unknown>>(
    sql: string,
    values?: readonly unknown[]
  ): Promise<{ rows: Row[]; rowCount: number }>
  /**
   * COPY … FROM STDIN, the fastest way into a table; rows are drawn as PostgreSQL takes them. `table` and `columns` are names,
   * not SQL: `schema.table` is two of them. A value is text as PostgreSQL writes it, a number, bigint, boolean, Date, Buffer, an
   * object (JSON), or null. The number of rows. When `rows` throws, none of them is there.
   */
  copy(
    table: string,
    columns: readonly string[],
    rows: Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>
  ): Promise<number>
}

/** What a commit elsewhere can use as its key: the same chunk has the same key when it is done again. */
export interface ChunkKey {
  readonly instanceId: number
  readonly stepName: string
  /** `null` outside of partitions. */
  readonly partitionNumber: number | null
  /** From 1; counts on over restarts. */
  readonly chunkNumber: number
}

/** What CDI would inject (JSR-352 §9.3, §9.4): a class gets it in its constructor, a function and a method as last argument. */
export interface Injected {
  /**
   * The artifact's own `<properties>` after substitution (JSR-352 §8.8, §9.3.3); a name that is missing or resolves to `''` is
   * absent.
   */
  readonly properties: Readonly<Record<string, string | undefined>>
  readonly jobContext: JobContext
  /** Absent for job listeners and deciders, as all that belongs to a step: they stand outside of steps (JSR-352 §9.4). */
  readonly stepContext: StepContext
  /** The parameters of this job execution: of a restart, only those given to it (JSR-352 §10.8.1). */
  readonly jobParameters: Readonly<Record<string, string>>
  readonly log: JobLogger
  /** Aborted when a stop of the job was requested (JSR-352 §11.13): for fetch, timers and other waits. */
  readonly signal: AbortSignal
  /** The partition this artifact works for, from 0; `null` outside of partitions. */
  readonly partitionNumber: number | null
  /** Usable by readers, processors, writers and chunk-level listeners inside of a chunk, and in open and close. */
  readonly connection: ChunkConnection
  /** The chunk under way. */
  readonly chunk: ChunkKey
}
