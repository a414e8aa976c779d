// A stop or a yield asked of a unit, as its thread sees it: flags for loops, a signal for artifacts, callbacks for batchlets.
import type { EndStatus } from '../batch/batch-status.ts'

export class StopRequest {
  readonly #controller = new AbortController()
  #yields = false
  #overdue = false

  get requested(): boolean {
    return this.#controller.signal.aborted
  }

  /**
   * The unit is to give its thread back at its next checkpoint or between two elements, and to go on later as if nothing had
   * happened (ENGINE E12). A stop that was requested goes first.
   */
  get yields(): boolean {
    return this.#yields && !this.requested
  }

  requestYield(): void {
    this.#yields = true
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** A time limit is why: what ends STOPPED otherwise ends FAILED, as the repository will decide too. */
  get overdue(): boolean {
    return this.#overdue
  }

  /** How something ends that came to `end` by itself: a stop that was requested meanwhile is stronger than COMPLETED (ENGINE E11). */
  endOf(end: EndStatus): EndStatus {
    if (!this.requested || end === 'FAILED') return end
    return this.#overdue ? 'FAILED' : 'STOPPED'
  }

  /** Safe to call twice. */
  request(reason: string, overdue = false): void {
    if (this.requested) return
    this.#overdue = overdue
    this.#controller.abort(new Error(reason))
  }

  /** Calls back once, at once if it was requested already; returns how to take the callback back. */
  onRequest(callback: () => void): () => void {
    if (this.requested) {
      callback()
      return () => {}
    }
    this.signal.addEventListener('abort', callback, { once: true })
    return () => this.signal.removeEventListener('abort', callback)
  }
}
