// How many chunks a thread has committed and rolled back, told to its server now and then: a message for each would cost more
// than many a chunk.
import type { FromThread } from './messages.ts'

/** Lives as long as its unit. */
export class ChunkTally {
  readonly #post: (message: FromThread) => void
  #committed = 0
  #rolledBack = 0

  constructor(post: (message: FromThread) => void) {
    this.#post = post
  }

  committed(): void {
    this.#committed++
  }

  rolledBack(): void {
    this.#rolledBack++
  }

  /** Tells what has not been told; nothing when there is nothing. */
  flush(): void {
    const [committed, rolledBack] = [this.#committed, this.#rolledBack]
    if (committed === 0 && rolledBack === 0) return
    this.#committed = 0
    this.#rolledBack = 0
    this.#post({ type: 'chunks', committed, rolledBack })
  }
}
