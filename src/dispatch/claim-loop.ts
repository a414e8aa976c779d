// When a server asks PostgreSQL for units: after news, and as threads come free if the last claim may have left some (ENGINE E3).

export interface ClaimVerdict {
  /** There may be READY ones beyond its limit. */
  readonly more: boolean
  /** It left out some that become claimable when a unit here ends: by a cap of this server, or of live threads. */
  readonly leftOut: boolean
}

export class ClaimLoop {
  /** `null`: there was no room, so that nothing was asked for. */
  readonly #claim: () => Promise<ClaimVerdict | null>
  readonly #onError: (error: unknown) => void
  #claiming: Promise<void> | null = null
  /** There may be READY units: else a thread that comes free asks for nothing. */
  #more = false
  #leftOut = false
  #freedMeanwhile = false

  constructor(claim: () => Promise<ClaimVerdict | null>, onError: (error: unknown) => void) {
    this.#claim = claim
    this.#onError = onError
  }

  /** The claim under way. */
  get claiming(): Promise<void> | null {
    return this.#claiming
  }

  /** As far as is known nothing is READY that this server could have. */
  get idle(): boolean {
    return this.#claiming === null && !this.#more && !this.#leftOut
  }

  /** There may be READY units: claims, and again if called meanwhile. */
  news(): void {
    this.#more = true
    this.#look()
  }

  /** A thread, or a place in a cap of this server, may be free. */
  freed(): void {
    if (this.#claiming !== null) this.#freedMeanwhile = true
    else if (this.#leftOut) this.#more = true
    this.#look()
  }

  #look(): void {
    if (!this.#more || this.#claiming !== null) return
    // Not at once: what is told of while it is being asked must find it under way.
    this.#claiming = Promise.resolve()
      .then(() => this.#once())
      .catch((error: unknown) => {
        this.#more = true
        this.#onError(error)
        return false
      })
      .then(asked => {
        this.#claiming = null
        if (asked) this.#look()
      })
  }

  async #once(): Promise<boolean> {
    this.#more = false
    this.#freedMeanwhile = false
    const verdict = await this.#claim()
    this.#leftOut = verdict?.leftOut === true
    this.#more ||= verdict === null || verdict.more || (this.#leftOut && this.#freedMeanwhile)
    return verdict !== null
  }
}
