// A gate that chunks pass before they begin: closed while the server may have been given up for dead (ENGINE E6).

export class Gate {
  #closed: PromiseWithResolvers<void> | null = null

  /** `null` while the gate is open. */
  get open(): Promise<void> | null {
    return this.#closed?.promise ?? null
  }

  hold(held: boolean): void {
    if (held) this.#closed ??= Promise.withResolvers<void>()
    else {
      this.#closed?.resolve()
      this.#closed = null
    }
  }
}
