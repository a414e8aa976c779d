// The inner loop of a chunk: reads and processes items until a checkpoint is due, the input ends or a stop was requested.
import { callEach } from './chunk-listeners.ts'
import type { ChunkRun } from './chunk-run.ts'
import type { ChunkUnderWay } from './chunk-under-way.ts'
import { isLastPass } from './checkpoint.ts'
import { isPromise } from './is-promise.ts'
import { handleItemError } from './item-error.ts'
import { processItem } from './process-item.ts'

/** No item: its error was skipped. */
const SKIPPED = Symbol('skipped')

/** Awaits only what is a promise: the in-memory rate is lost with the first await for each item. */
export async function fillBuffer(run: ChunkRun, chunk: ChunkUnderWay): Promise<void> {
  const { reader, listeners, transaction, savepoints } = run
  for (;;) {
    chunk.redoing = chunk.passes < run.passesToRedo
    if (listeners.beforeRead.length > 0) await callEach(listeners.beforeRead)
    const takenBefore = chunk.taken
    let item: unknown
    try {
      if (savepoints) await transaction.savepoint()
      item = reader.readItem()
      if (isPromise(item)) item = await item
      if (savepoints) await transaction.releaseSavepoint()
    } catch (thrown) {
      // Reading again without rollback is the same pass: the listeners hear of it again (as in JBeret).
      if ((await handleItemError(run, chunk, 'read', thrown, [])) === 'retry') continue
      item = SKIPPED
    }
    chunk.retrying = false
    if (item !== SKIPPED) {
      item ??= null
      // JSR-352 §9.2.4: also for the last null.
      if (listeners.afterRead.length > 0) await callEach(listeners.afterRead, item)
      if (item === null) {
        chunk.depleted = true
        return
      }
      chunk.read++
      const processed = processItem(run, chunk, item)
      if (processed) await processed
    }
    chunk.passes++
    const ended = isLastPass(run, chunk, chunk.taken > takenBefore)
    if (typeof ended === 'boolean' ? ended : await ended) return
  }
}
