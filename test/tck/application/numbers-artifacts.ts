// Twenty numbers are raised by one; reader and writer fail at a chosen item, first to be retried, then to be skipped.
import { type SqlEnvironment, wholeNumber } from './sql-artifacts.ts'

interface NumbersRecord {
  readonly item: number
  readonly quantity: number
}

const LAST = 20
const QUANTITY = 'select quantity from numbers where item = $1'

/** JSL filters find it by this name. */
class MyParentException extends Error {
  override readonly name = 'MyParentException'
}

/** What listeners and artifacts of one step tell each other. */
type Notes = Record<string, string>

/**
 * Fails twice and in between wants to have been told of it: the first failure is to be retried, the second, while the chunk
 * is done again item by item, to be skipped. `phase` is what has been looked at.
 */
class PlannedFailures {
  readonly #what: 'read' | 'write'
  #phase: 'before' | 'failed' | 'retried' | 'failedAgain' | 'done' = 'before'

  constructor(what: 'read' | 'write') {
    this.#what = what
  }

  /** `due`, `dueAgain`: whether the item to fail at has come, for the first and the second failure. */
  meet(due: boolean, dueAgain: boolean, notes: Notes): void {
    if (due && this.#phase === 'before') this.#fail('failed')
    if (dueAgain && this.#phase === 'retried') this.#fail('failedAgain')
    if (this.#phase === 'failed') {
      this.#require(notes, `retry.${this.#what}.exception`)
      this.#phase = 'retried'
    } else if (this.#phase === 'failedAgain') {
      this.#require(notes, `skip.${this.#what}.item`)
      this.#phase = 'done'
    }
  }

  #fail(phase: 'failed' | 'failedAgain'): never {
    this.#phase = phase
    throw new MyParentException(`this ${this.#what} was told to fail (${phase})`)
  }

  #require(notes: Notes, listener: string): void {
    for (const fact of ['invoked', 'match'])
      if (notes[`${listener}.${fact}`] !== 'true') throw new Error(`${listener}: not ${fact} before the next ${this.#what}`)
  }
}

function retryInitReader({ sql }: SqlEnvironment) {
  let read = 0
  return {
    async readItem(): Promise<NumbersRecord | null> {
      if (read === LAST) return null
      const [row] = await sql.inChunk(QUANTITY, [1])
      return { item: ++read, quantity: row!['quantity']! }
    },
    checkpointInfo: () => ({ count: read })
  }
}

function numbersWriter({ sql }: SqlEnvironment, beforeEach: () => void) {
  return {
    async writeItems(items: readonly NumbersRecord[]) {
      for (const { item, quantity } of items) {
        beforeEach()
        await sql.inChunk('update numbers set quantity = $1 where item = $2', [quantity, item])
      }
    }
  }
}

function retryInitWriter(environment: SqlEnvironment) {
  return numbersWriter(environment, () => {})
}

function retryReader({ sql, prop, step }: SqlEnvironment) {
  const failures = new PlannedFailures('read')
  let next = 1
  let failAt = 0
  return {
    /** Without a checkpoint the position stays: this instance is opened again after a rollback. */
    open(from: { readonly count: number } | null) {
      failAt = wholeNumber(prop('forced.fail.count.read'))
      step.transientUserData ??= {}
      if (from === null) return
      next = from.count
      const notes = step.transientUserData as Notes
      notes['init.checkpoint'] = String(next)
    },
    async readItem(): Promise<NumbersRecord | null> {
      const due = failAt !== 0 && next >= failAt
      failures.meet(due, due, step.transientUserData as Notes)
      if (next > LAST) return null
      const [row] = await sql.inChunk(QUANTITY, [next])
      return { item: next++, quantity: row!['quantity']! }
    },
    checkpointInfo() {
      const notes = step.transientUserData as Notes
      notes['checkpoint.index'] = String(next)
      return { count: next }
    }
  }
}

function retryWriter(environment: SqlEnvironment) {
  const failures = new PlannedFailures('write')
  let failAt: number | null = null
  // Of one item after the other, over rollbacks too.
  let count = 1
  return numbersWriter(environment, () => {
    failAt ??= wholeNumber(environment.prop('forced.fail.count.write'))
    const may = failAt !== 0
    failures.meet(may && count >= failAt, may && count > failAt, environment.step.transientUserData as Notes)
    count++
  })
}

export const NUMBERS_ARTIFACTS = { retryInitReader, retryInitWriter, retryReader, retryWriter }
