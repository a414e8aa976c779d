// A stand-in for the chunk transactions of the store, in this process: it records their calls between those of the
// artifacts, and commits, rolls back and poisons like PostgreSQL, so that the order of calls can be tested without one.
import { deserialize, serialize } from 'node:v8'
import type { ChunkConnection } from '../../../src/batch/artifacts.ts'
import { type Checkpoint, type ChunkTransactions, Fenced } from '../../../src/executor/unit-port.ts'

export class RecordedChunkTransactions implements ChunkTransactions {
  readonly calls: string[]
  /** What is committed: rows of `insert`, and the last checkpoint as it would be read back. */
  rows: unknown[] = []
  checkpoint: Checkpoint | null = null
  /** Errors of the next commits that have a checkpoint, in turn; `null` = that one succeeds. */
  readonly commitErrors: (Error | null)[] = []
  readonly timeouts: number[] = []
  stopping = false
  fenced = false
  /** The connection is gone: savepoints cannot be rolled back to, a new begin has another one. */
  lost = false
  /** Savepoints asked for: they are no part of `calls`, there would be one for each item. */
  savepoints = 0
  #working: unknown[] | null = null
  #atSavepoint: unknown[] | null = null
  #poisoned = false

  constructor(calls: string[]) {
    this.calls = calls
  }

  /** `insert` with a row, or `fail`: an error of the database, which poisons the transaction until a rollback. */
  readonly connection: ChunkConnection = {
    query: async <Row>(sql: string, values: readonly unknown[] = []) => {
      this.#guard()
      if (!this.#working) throw new Error('no transaction is open')
      if (this.#poisoned) throw new Error('current transaction is aborted')
      if (sql === 'fail') {
        this.#poisoned = true
        throw new DatabaseError('a statement failed')
      }
      this.#working.push(...values)
      return { rows: [] as Row[], rowCount: values.length }
    },
    copy: () => Promise.reject(new Error('there is no COPY here'))
  }

  get open(): boolean {
    return this.#working !== null
  }

  async begin(timeoutSeconds: number): Promise<void> {
    this.#guard()
    if (this.#working) throw new Error('begin inside a transaction')
    this.calls.push('begin')
    this.timeouts.push(timeoutSeconds)
    this.lost = false
    this.#poisoned = false
    this.#working = [...this.rows]
  }

  async savepoint(): Promise<void> {
    this.#guard()
    this.savepoints++
    this.#atSavepoint = [...this.#inside()]
  }

  async rollbackToSavepoint(): Promise<void> {
    this.#guard()
    if (this.lost) throw new Error('the connection was lost')
    this.#inside()
    this.#poisoned = false
    this.#working = this.#atSavepoint
  }

  async releaseSavepoint(): Promise<void> {
    this.#guard()
    this.#inside()
    if (this.#poisoned) throw new Error('current transaction is aborted')
    this.#atSavepoint = null
  }

  async commit(checkpoint: Checkpoint | null): Promise<'committed' | 'stopping'> {
    this.#guard()
    const working = this.#inside()
    this.#working = null
    const bytes = checkpoint && serialize(checkpoint)
    const error = this.#poisoned
      ? new Error('a poisoned commit')
      : checkpoint
        ? this.commitErrors.shift()
        : null
    if (error) {
      this.calls.push('commit!')
      throw error
    }
    this.calls.push('commit')
    this.rows = working
    if (bytes) this.checkpoint = deserialize(bytes) as Checkpoint
    return this.stopping ? 'stopping' : 'committed'
  }

  async rollback(): Promise<void> {
    this.#guard()
    this.calls.push('rollback')
    this.#working = null
  }

  async release(): Promise<void> {
    this.calls.push('release')
  }

  #inside(): unknown[] {
    if (!this.#working) throw new Error('outside of a transaction')
    return this.#working
  }

  #guard(): void {
    if (this.fenced) throw new Fenced('the unit belongs to somebody else')
  }
}

export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
}
