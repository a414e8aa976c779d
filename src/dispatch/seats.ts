// Threads that are kept for jobs while these are being stored: with one a job is claimed in the commit that stores it, and begins
// without having waited for anybody to look for it (ENGINE E3).
import type { Seat } from '../store/submissions.ts'
import type { ClaimedUnit } from '../store/units.ts'

/** A submit that takes longer, for a lock or a PostgreSQL that is away, keeps no thread from what is READY. */
const KEPT_MS = 1000

export class Seats {
  /** With when they were taken, milliseconds of performance.now(). */
  readonly #taken = new Map<Promise<void>, number>()

  /** Threads that are kept now. */
  get size(): number {
    if (this.#taken.size === 0) return 0
    const kept = performance.now() - KEPT_MS
    return [...this.#taken.values()].filter(since => since > kept).length
  }

  take(incarnation: string, ended: (claimed: ClaimedUnit | null) => void): Seat {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#taken.set(promise, performance.now())
    return {
      incarnation,
      end: claimed => {
        this.#taken.delete(promise)
        ended(claimed)
        resolve()
      }
    }
  }

  /** Resolves when those taken by now have ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#taken.keys())
  }
}
