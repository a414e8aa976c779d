// One chunk between its begin and its commit; a rollback forgets it.
import type { ChunkCounts } from './chunk-metrics.ts'
import type { ChunkRun } from './chunk-run.ts'

export interface ChunkUnderWay extends ChunkCounts {
  /** Processed items, in order. */
  readonly buffer: unknown[]
  /** Milliseconds: when it began, for time-limit. */
  readonly startedAt: number
  /** Milliseconds: when other work of the thread last had its turn. */
  yieldedAt: number
  /** Items processed or filtered: neither their read nor their process was skipped. */
  taken: number
  /** Rounds of read and process, those that ended in a skip too. */
  passes: number
  /** The pass under way repeats work that was rolled back: one item a chunk, and skip goes before retry (§8.2.1.4.3). */
  redoing: boolean
  /** The operation under way is done again without rollback: skip goes before retry, too. */
  retrying: boolean
  /** The reader answered that there is no more. */
  depleted: boolean
  /** writeItems was called and stood. */
  wrote: boolean
  /** begun: its transaction exists, so an error is told to the chunk listeners. */
  phase: 'new' | 'begun' | 'rolledBack' | 'committed'
}

export function newChunk(run: ChunkRun): ChunkUnderWay {
  const now = run.clock.now()
  return {
    buffer: [],
    read: 0,
    filtered: 0,
    written: 0,
    startedAt: now,
    yieldedAt: now,
    taken: 0,
    passes: 0,
    redoing: run.passesToRedo > 0,
    retrying: false,
    depleted: false,
    wrote: false,
    phase: 'new'
  }
}
