// A stop asked of a unit, as its thread sees it: a flag for loops, a signal for artifacts, callbacks for batchlets.

export class StopRequest {
  readonly #controller = new AbortController()

  get requested(): boolean {
    return this.#controller.signal.aborted
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
