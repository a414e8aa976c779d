// Opens and closes reader and writer, each in a transaction of its own (JSR-352 §11.6): reader first, and last to be closed.
import { toError } from '../artifact-error.ts'
import type { ChunkRun } from './chunk-run.ts'
import { throwIfFenced } from './fenced-error.ts'

/** At the last committed checkpoint. Rejects with what an open or the commit threw; the transaction is left to whoever gives up. */
export async function openArtifacts(run: ChunkRun): Promise<'committed' | 'stopping'> {
  await run.transaction.begin(run.timeoutSeconds)
  run.opened.reader = true
  await run.reader.open?.(copyOf(run.readerCheckpoint))
  run.opened.writer = true
  await run.writer.open?.(copyOf(run.writerCheckpoint))
  return await run.transaction.commit(null)
}

/** After the last chunk. Rejects with the first error; whatever happened, nothing is left to be closed. */
export async function closeArtifacts(run: ChunkRun): Promise<void> {
  if (!run.opened.reader && !run.opened.writer) return
  await run.transaction.begin(run.timeoutSeconds)
  await closeOpened(run)
  await run.transaction.commit(null)
}

/** Closes what was opened, also one whose open failed; rejects with the first error, a second one is logged. */
export async function closeOpened(run: ChunkRun): Promise<void> {
  const { opened, reader, writer } = run
  const errors: Error[] = []
  // Whoever failed to close is not closed again.
  if (opened.writer) {
    opened.writer = false
    await attempt(() => writer.close?.(), errors)
  }
  if (opened.reader) {
    opened.reader = false
    await attempt(() => reader.close?.(), errors)
  }
  const [first, second] = errors
  if (second) run.scope.log.warn('The reader could not be closed either', second)
  if (first) throw first
}

async function attempt(close: () => unknown, errors: Error[]): Promise<void> {
  try {
    await close()
  } catch (thrown) {
    throwIfFenced(thrown)
    errors.push(toError(thrown))
  }
}

/** What is opened again must not find what the artifact made of its checkpoint since. */
function copyOf(checkpoint: unknown): unknown {
  return structuredClone(checkpoint) ?? null
}
