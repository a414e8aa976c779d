// What this server has done since it started, in numbers that only grow: monitoring makes rates of them.
import type { EndStatus } from '../batch/batch-status.ts'

/** Upper bounds in seconds: jobs take milliseconds or days. */
const DURATION_BOUNDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400] as const

export interface Durations {
  /** How many took at most as long as the bound at the same place, and longer than the one before it. */
  readonly counts: readonly number[]
  readonly count: number
  /** Seconds, of all. */
  readonly sum: number
}

export interface ChunkCounts {
  readonly committed: number
  readonly rolledBack: number
}

export interface DispatchFigures {
  /** Units. */
  readonly claims: number
  readonly chunks: ChunkCounts
  /** Units whose work was thrown away because they were somebody else's by then, or ended from outside. */
  readonly fences: number
  /** Units that ended because their thread did. */
  readonly crashes: number
  /** Of job executions that ended here, by how. */
  readonly durations: Readonly<Partial<Record<EndStatus, Durations>>>
  /** Upper, in seconds. */
  readonly durationBounds: readonly number[]
  /** Seconds since this server last proved that it lives, or began to. */
  readonly leaseAge: number
  readonly threads: ThreadFigures
}

export interface ThreadFigures {
  readonly live: number
  /** Live, and without a unit. */
  readonly idle: number
}

interface Histogram {
  readonly counts: number[]
  count: number
  sum: number
}

/** Written by the files of this room as things happen; each call costs no more than an addition. */
export class DispatchCounters {
  #claims = 0
  #committed = 0
  #rolledBack = 0
  #fences = 0
  #crashes = 0
  #renewed = performance.now()
  readonly #durations: Partial<Record<EndStatus, Histogram>> = {}
  #threads: () => ThreadFigures = () => ({ live: 0, idle: 0 })

  claimed(units: number): void {
    this.#claims += units
  }

  chunks({ committed, rolledBack }: ChunkCounts): void {
    this.#committed += committed
    this.#rolledBack += rolledBack
  }

  fenced(): void {
    this.#fences++
  }

  crashed(): void {
    this.#crashes++
  }

  renewed(): void {
    this.#renewed = performance.now()
  }

  executionEnded(batchStatus: EndStatus, seconds: number): void {
    const histogram = (this.#durations[batchStatus] ??= {
      counts: DURATION_BOUNDS.map(() => 0),
      count: 0,
      sum: 0
    })
    const at = DURATION_BOUNDS.findIndex(bound => seconds <= bound)
    if (at !== -1) histogram.counts[at]!++
    histogram.count++
    histogram.sum += seconds
  }

  /** Whoever has the threads is asked when somebody looks. */
  threadsAre(threads: () => ThreadFigures): void {
    this.#threads = threads
  }

  figures(): DispatchFigures {
    return {
      claims: this.#claims,
      chunks: { committed: this.#committed, rolledBack: this.#rolledBack },
      fences: this.#fences,
      crashes: this.#crashes,
      durations: structuredClone(this.#durations),
      durationBounds: DURATION_BOUNDS,
      leaseAge: (performance.now() - this.#renewed) / 1000,
      threads: this.#threads()
    }
  }
}
