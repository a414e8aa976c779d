// What one writer has taken of the space it shares with others, so that a line costs it a comparison and not an atomic operation.
import type { LogSpace } from './log-space.ts'

export class LogAllowance {
  readonly #space: LogSpace | null
  /** Taken and not written yet. */
  #left = 0

  /** `null` = there is no limit. */
  constructor(space: LogSpace | null) {
    this.#space = space
  }

  get shortage(): string {
    return this.#space?.shortage ?? ''
  }

  /** Whether so many bytes may be written; takes more when they are not there yet. */
  allows(bytes: number): boolean {
    if (this.#space === null || bytes <= this.#left) return true
    this.#left += this.#space.take(Math.max(this.#space.share, bytes - this.#left))
    return bytes <= this.#left
  }

  /** They were written; `allowed`: after `allows` had said so. */
  spend(bytes: number, allowed: boolean): void {
    if (allowed) this.#left -= bytes
    else this.#space?.give(-bytes)
  }

  /** Nothing more is written. */
  giveBack(): void {
    const left = this.#left
    this.#left = 0
    if (left > 0) this.#space?.give(left)
  }
}
