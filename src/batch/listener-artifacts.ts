// The listener interfaces of JSR-352 by their names. Part of the public types (artifacts.ts). A `<listener>` may be several of
// them at once: the runtime calls what it has and what belongs where the JSL names it (§8.2.4). A listener that throws ends its
// step FAILED (§8.2.7), or its job (§8.1.2).

type Awaitable<T> = T | Promise<T>

/** JSR-352 §9.2.1. Named on the job; one object for the job execution. */
export interface JobListener {
  /** Before the first element. */
  beforeJob?(): Awaitable<void>
  /** After the last one, also when the job failed or was stopped; may still set the exit status. */
  afterJob?(): Awaitable<void>
}

/** JSR-352 §9.2.2. Called once for a partitioned step, outside of its partitions. */
export interface StepListener {
  /** Before open() and before partitions are planned. */
  beforeStep?(): Awaitable<void>
  /** Also when the step failed (`stepContext.exception`) or was stopped; may still set the exit status. */
  afterStep?(): Awaitable<void>
}

/** JSR-352 §9.2.3. Inside of the chunk's transaction (§9.7). */
export interface ChunkListener {
  /** Before the first read of the chunk. */
  beforeChunk?(): Awaitable<void>
  /** Before the rollback, whether the chunk is done again or its step fails; afterChunk is not called then. */
  onError?(error: Error): Awaitable<void>
  /** After the write, before checkpointInfo() and the commit. */
  afterChunk?(): Awaitable<void>
}

/** JSR-352 §9.2.4. */
export interface ItemReadListener<Item = unknown> {
  beforeRead?(): Awaitable<void>
  /** Also called with `null` for the last read (§11.6). */
  afterRead?(item: Item | null): Awaitable<void>
  /** For each error, also one that is skipped or retried. */
  onReadError?(error: Error): Awaitable<void>
}

/** JSR-352 §9.2.5. */
export interface ItemProcessListener<Item = unknown, Result = unknown> {
  beforeProcess?(item: Item): Awaitable<void>
  /** `null`: the item is filtered. */
  afterProcess?(item: Item, result: Result | null): Awaitable<void>
  /** For each error, also one that is skipped or retried. */
  onProcessError?(item: Item, error: Error): Awaitable<void>
}

/** JSR-352 §9.2.6. */
export interface ItemWriteListener<Item = unknown> {
  beforeWrite?(items: Item[]): Awaitable<void>
  afterWrite?(items: Item[]): Awaitable<void>
  /** For each error, also one that is skipped or retried. */
  onWriteError?(items: Item[], error: Error): Awaitable<void>
}

/** JSR-352 §9.2.7: told of what `skippable-exception-classes` let pass (§8.2.1.4.1). */
export interface SkipReadListener {
  onSkipReadItem?(error: Error): Awaitable<void>
}

/** JSR-352 §9.2.7. */
export interface SkipProcessListener<Item = unknown> {
  onSkipProcessItem?(item: Item, error: Error): Awaitable<void>
}

/** JSR-352 §9.2.7. */
export interface SkipWriteListener<Item = unknown> {
  /** The whole list of the chunk is dropped. */
  onSkipWriteItem?(items: Item[], error: Error): Awaitable<void>
}

/** JSR-352 §9.2.8: told of what is tried again (§8.2.1.4.2), before a rollback. */
export interface RetryReadListener {
  onRetryReadException?(error: Error): Awaitable<void>
}

/** JSR-352 §9.2.8. */
export interface RetryProcessListener<Item = unknown> {
  onRetryProcessException?(item: Item, error: Error): Awaitable<void>
}

/** JSR-352 §9.2.8. */
export interface RetryWriteListener<Item = unknown> {
  onRetryWriteException?(items: Item[], error: Error): Awaitable<void>
}
