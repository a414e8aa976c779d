// Where a server stands between its start and its end, and for how long it still takes requests when it was told to end.

export class ServerPhase {
  #phase: 'starting' | 'ready' | 'stopping' = 'starting'
  #noticed = true
  #notice: Promise<void> = Promise.resolve()

  /** For probes; `reason` is a sentence, also when ready. */
  get readiness(): { readonly ready: boolean; readonly reason: string } {
    return { ready: this.#phase === 'ready', reason: `the server is ${this.#phase}` }
  }

  /** Nothing more is accepted: the time that whoever sends requests here had to notice is over. */
  get refuses(): boolean {
    return this.#phase === 'stopping' && this.#noticed
  }

  ready(): void {
    this.#phase = 'ready'
  }

  /** Not ready from now on, and ended by `release`; `noticeSeconds` only of a server that was ready. Safe twice. */
  async end(noticeSeconds: number, release: () => Promise<void>): Promise<void> {
    if (this.#phase === 'ready' && noticeSeconds > 0) {
      this.#noticed = false
      this.#notice = new Promise(resolve => setTimeout(resolve, noticeSeconds * 1000)).then(() => {
        this.#noticed = true
      })
    }
    this.#phase = 'stopping'
    await release()
  }

  /** Resolves when that time is over. */
  get noticed(): Promise<void> {
    return this.#notice
  }
}
