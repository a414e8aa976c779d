// The loop around the rounds: which chunk follows what the last one came to, and how the step ends.
import { toError } from '../artifact-error.ts'
import type { ChunkRun } from './chunk-run.ts'
import { throwIfFenced } from './fenced-error.ts'
import { runOneChunk } from './one-chunk.ts'
import { giveUp, reopenAtCheckpoint } from './roll-back.ts'

/** Times one chunk may lose its connection before its job code is taken to be the cause. */
const LOST_IN_A_ROW = 10

export type ChunkStepEnd =
  | { readonly kind: 'completed' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly error: Error }

/** With reader and writer open; after `failed` they are closed, else that is left to do. Rejects with Fenced only. */
export async function runChunks(run: ChunkRun): Promise<ChunkStepEnd | { readonly kind: 'yields' }> {
  while (!run.scope.stop.requested) {
    if (run.scope.stop.yields) return { kind: 'yields' }
    const outcome = await runOneChunk(run)
    switch (outcome.kind) {
      case 'committed':
        break
      case 'depleted':
        return { kind: 'completed' }
      case 'stopping':
        return { kind: 'stopped' }
      case 'failed':
        await giveUp(run, outcome.chunk, outcome.error)
        return { kind: 'failed', error: outcome.error }
      case 'toRedo':
        if (run.lostInARow > LOST_IN_A_ROW) {
          const error = toError(outcome.signal.cause)
          await giveUp(run, outcome.chunk, error)
          return { kind: 'failed', error }
        }
        try {
          if ((await reopenAtCheckpoint(run, outcome.chunk, outcome.signal)) === 'stopping') {
            return { kind: 'stopped' }
          }
        } catch (thrown) {
          throwIfFenced(thrown)
          const error = toError(thrown)
          await giveUp(run, outcome.chunk, error)
          return { kind: 'failed', error }
        }
    }
  }
  return { kind: 'stopped' }
}
