// The counters of a chunk and when they become the step's. READ, WRITE and FILTER count with the commit: what was rolled
// back is read again, and Liberty's numbers (15 read and written of 15, one rollback) add up; JBeret counts each call.
import type { Metrics } from '../../batch/metrics.ts'

/** What one chunk did so far; forgotten when it is rolled back. */
export interface ChunkCounts {
  /** Items read (not the last `null`). */
  read: number
  filtered: number
  /** Items of a successful writeItems. */
  written: number
}

/** The step's counters with those of a chunk that is about to commit. The commit of an empty last chunk counts too (§15). */
export function metricsWith(metrics: Metrics, counts: ChunkCounts): Metrics {
  return {
    ...metrics,
    READ_COUNT: metrics.READ_COUNT + counts.read,
    FILTER_COUNT: metrics.FILTER_COUNT + counts.filtered,
    WRITE_COUNT: metrics.WRITE_COUNT + counts.written,
    COMMIT_COUNT: metrics.COMMIT_COUNT + 1
  }
}

/** Skips count when they happen and stay: they are skipped exceptions (§15), and skip-limit is spent by them. */
export const SKIP_METRIC = {
  read: 'READ_SKIP_COUNT',
  process: 'PROCESS_SKIP_COUNT',
  write: 'WRITE_SKIP_COUNT'
} as const

export function skipsOf(metrics: Metrics): number {
  return metrics.READ_SKIP_COUNT + metrics.PROCESS_SKIP_COUNT + metrics.WRITE_SKIP_COUNT
}
