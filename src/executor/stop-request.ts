// A stop or a yield asked of a unit, as its thread sees it: flags for loops, a signal for artifacts, callbacks for batchlets.

export class StopRequest {
  readonly #controller = new AbortController()
  #yields = false

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

  /** Safe to call twice. */
  request(reason: string): void {
    if (!this.requested) this.#controller.abort(new Error(reason))
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
