// Hands one item to the processor and puts the result into the chunk's buffer, or drops what is filtered or skipped.
import { callEach } from './chunk-listeners.ts'
import type { ChunkRun } from './chunk-run.ts'
import type { ChunkUnderWay } from './chunk-under-way.ts'
import { isPromise } from './is-promise.ts'
import { handleItemError } from './item-error.ts'

/** A promise only when there is something to wait for. */
export function processItem(run: ChunkRun, chunk: ChunkUnderWay, item: unknown): void | Promise<void> {
  const { processor, listeners } = run
  if (run.savepoints || listeners.beforeProcess.length > 0 || listeners.afterProcess.length > 0) {
    return processWatched(run, chunk, item)
  }
  try {
    const result = processor ? processor.processItem(item) : item
    if (isPromise(result)) return processLater(run, chunk, item, result)
    take(chunk, result)
  } catch (thrown) {
    return failed(run, chunk, item, thrown)
  }
}

async function processLater(
  run: ChunkRun,
  chunk: ChunkUnderWay,
  item: unknown,
  underWay: PromiseLike<unknown>
): Promise<void> {
  let result: unknown
  try {
    result = await underWay
  } catch (thrown) {
    return await failed(run, chunk, item, thrown)
  }
  take(chunk, result)
}

/** Without savepoints nothing is skipped or retried, so this only tells the listeners and throws. */
async function failed(run: ChunkRun, chunk: ChunkUnderWay, item: unknown, thrown: unknown): Promise<void> {
  await handleItemError(run, chunk, 'process', thrown, [item])
}

async function processWatched(run: ChunkRun, chunk: ChunkUnderWay, item: unknown): Promise<void> {
  const { processor, listeners, transaction, savepoints } = run
  for (;;) {
    await callEach(listeners.beforeProcess, item)
    let result: unknown
    try {
      if (savepoints) await transaction.savepoint()
      result = processor ? processor.processItem(item) : item
      if (isPromise(result)) result = await result
      if (savepoints) await transaction.releaseSavepoint()
    } catch (thrown) {
      if ((await handleItemError(run, chunk, 'process', thrown, [item])) === 'retry') continue
      chunk.retrying = false
      return
    }
    chunk.retrying = false
    await callEach(listeners.afterProcess, item, result ?? null)
    take(chunk, result)
    return
  }
}

function take(chunk: ChunkUnderWay, result: unknown): void {
  chunk.taken++
  if (result === null || result === undefined) chunk.filtered++
  else chunk.buffer.push(result)
}
