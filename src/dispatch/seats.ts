// Threads that are kept for jobs while these are being stored: with one a job is claimed in the commit that stores it, and begins
// without having waited for anybody to look for it (ENGINE E3).
import type { Seat } from '../store/submissions.ts'
import type { ClaimedUnit } from '../store/units.ts'

export class Seats {
  readonly #taken = new Set<Promise<void>>()

  get size(): number {
    return this.#taken.size
  }

  take(incarnation: string, ended: (claimed: ClaimedUnit | null) => void): Seat {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#taken.add(promise)
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
    await Promise.all(this.#taken)
  }
}
