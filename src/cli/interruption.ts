// Ctrl-C while waiting, under --stopOnShutdown: the first one stops the job, the second one ends the command.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export class Interruption implements Disposable {
  readonly #controller = new AbortController()
  readonly #interrupt = () => {
    // From here on a signal does what it always does.
    this[Symbol.dispose]()
    this.#controller.abort()
  }

  /** Begins to listen. */
  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#interrupt)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#interrupt)
  }
}
