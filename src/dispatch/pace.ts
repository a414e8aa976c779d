// How fast this server begins units: what it may claim ahead is guessed from it (ENGINE E4).

/** Milliseconds looked back. */
const WINDOW = 1000

export class Pace {
  #begun: number[] = []

  begun(): void {
    this.#begun.push(performance.now())
  }

  /** Units that will begin within `ms` if it goes on as over the last second. */
  within(ms: number): number {
    const since = performance.now() - WINDOW
    this.#begun = this.#begun.filter(at => at > since)
    return Math.floor((this.#begun.length * ms) / WINDOW)
  }
}
