// Hands the chunk's items to the writer, as one list.
import { callEach } from './chunk-listeners.ts'
import type { ChunkRun } from './chunk-run.ts'
import type { ChunkUnderWay } from './chunk-under-way.ts'
import { handleItemError } from './item-error.ts'

/**
 * JSR-352 §11.8 writes when an item was read, also `[]` when all were filtered; as in JBeret a last chunk of which nothing
 * is left is not written (the order of calls people's tests know).
 */
export async function writeBuffer(run: ChunkRun, chunk: ChunkUnderWay): Promise<void> {
  const { writer, listeners, transaction, savepoints } = run
  const { buffer } = chunk
  if (buffer.length === 0 && (chunk.depleted || chunk.read === 0)) return
  for (;;) {
    await callEach(listeners.beforeWrite, buffer)
    // A copy: writers take items out of their list as they go, and a retry must find them all.
    const items = buffer.slice()
    try {
      if (savepoints) await transaction.savepoint()
      await writer.writeItems(items)
      if (savepoints) await transaction.releaseSavepoint()
    } catch (thrown) {
      if ((await handleItemError(run, chunk, 'write', thrown, [buffer])) === 'retry') continue
      // JSR-352 §8.2.1.4.1: the whole list is skipped; as in Liberty the chunk itself goes on and commits.
      chunk.retrying = false
      return
    }
    chunk.retrying = false
    chunk.written = buffer.length
    chunk.wrote = true
    await callEach(listeners.afterWrite, buffer)
    return
  }
}
