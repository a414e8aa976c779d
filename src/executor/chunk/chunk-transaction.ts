// One chunk's transaction at a time, and whether it is open: user code that may use the connection is only called inside one.
import type { Clock } from '../../service/clock.ts'
import type { Checkpoint, ChunkTransactions } from '../unit-port.ts'

/** The transaction was older than its timeout when it was to commit: treated like any failed commit, and filtered by this name. */
export class TransactionTimeout extends Error {
  override readonly name = 'TransactionTimeout'

  constructor(timeoutSeconds: number) {
    super(`the chunk's transaction took longer than its timeout of ${timeoutSeconds} s and was rolled back`)
  }
}

export class ChunkTransaction {
  readonly #transactions: ChunkTransactions
  readonly #clock: Clock
  #open = false
  #timeoutSeconds = 0
  #begunAt = 0

  constructor(transactions: ChunkTransactions, clock: Clock) {
    this.#transactions = transactions
    this.#clock = clock
  }

  /** Its connection went: nothing of it stands, whoever's call it was that failed. */
  get lost(): boolean {
    return this.#transactions.lost === true
  }

  get open(): boolean {
    return this.#open
  }

  /** `timeoutSeconds` 0 = none. */
  async begin(timeoutSeconds: number): Promise<void> {
    await this.#transactions.begin(timeoutSeconds)
    this.#timeoutSeconds = timeoutSeconds
    this.#begunAt = this.#clock.now()
    this.#open = true
  }

  savepoint(): Promise<void> {
    return this.#transactions.savepoint()
  }

  rollbackToSavepoint(): Promise<void> {
    return this.#transactions.rollbackToSavepoint()
  }

  releaseSavepoint(): Promise<void> {
    return this.#transactions.releaseSavepoint()
  }

  /** Whether it committed or not, no transaction is open afterwards. Throws TransactionTimeout instead of committing late. */
  async commit(checkpoint: Checkpoint | null): Promise<'committed' | 'stopping'> {
    // The database sees no transaction before the connection is used, so the age is judged here.
    if (this.#timeoutSeconds > 0 && this.#clock.now() - this.#begunAt > this.#timeoutSeconds * 1000) {
      await this.rollback()
      throw new TransactionTimeout(this.#timeoutSeconds)
    }
    this.#open = false
    return await this.#transactions.commit(checkpoint)
  }

  async rollback(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await this.#transactions.rollback()
  }

  release(): Promise<void> {
    return this.#transactions.release()
  }
}
