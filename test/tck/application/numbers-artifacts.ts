// Twenty numbers are raised by one; reader and writer fail at a chosen item, first to be retried, then to be skipped.
import { type SqlEnvironment, wholeNumber } from './sql.ts'

interface NumbersRecord {
  readonly item: number
  readonly quantity: number
}

const LAST = 20
const QUANTITY = 'select quantity from numbers where item = $1'

/** JSL filters find it by its name; the suite's listeners look at the Java class. */
class MyParentException extends Error {
  override readonly name = 'MyParentException'
  readonly javaClass = 'com.ibm.jbatch.tck.artifacts.reusable.MyParentException'
}

/** What listeners and artifacts of one step tell each other. */
type Notes = Record<string, string>

/**
 * Fails twice, and after each failure wants to have been told of it: the first is to be retried, the second, while the
 * chunk is done again item by item, to be skipped.
 */
class PlannedFailures {
  readonly #what: 'read' | 'write'
  #phase: 'before' | 'failed' | 'retried' | 'failedAgain' = 'before'
  /** Number of the item to fail at; 0 = never, also once both failures are done. */
  at = 0

  constructor(what: 'read' | 'write') {
    this.#what = what
  }

  /** `item`: number of the one at hand; `again`: the least at which the second failure may come. */
  meet(item: number, again: number, notes: Notes): void {
    if (this.at !== 0 && this.#phase === 'before' && item >= this.at) this.#fail('failed')
    if (this.at !== 0 && this.#phase === 'retried' && item >= again) {
      this.at = 0
      this.#fail('failedAgain')
    }
    if (this.#phase === 'failed') {
      this.#require(notes, `retry.${this.#what}.exception`)
      this.#phase = 'retried'
    } else if (this.#phase === 'failedAgain') {
      this.#require(notes, `skip.${this.#what}.item`)
      this.#phase = 'before'
    }
  }

  #fail(phase: 'failed' | 'failedAgain'): never {
    this.#phase = phase
    throw new MyParentException(`this ${this.#what} was told to fail (${phase})`)
  }

  #require(notes: Notes, listener: string): void {
    for (const fact of ['invoked', 'match'])
      if (notes[`${listener}.${fact}`] !== 'true')
        throw new Error(`${listener}: not ${fact} before the next ${this.#what}`)
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
  return {
    /** Without a checkpoint the position stays: this instance is opened again after a rollback. */
    open(from: { readonly count: number } | null) {
      failures.at = wholeNumber(prop('forced.fail.count.read'))
      step.transientUserData ??= {}
      if (from === null) return
      next = from.count
      notesOf(step)['init.checkpoint'] = String(next)
    },
    async readItem(): Promise<NumbersRecord | null> {
      failures.meet(next, failures.at, notesOf(step))
      if (next > LAST) return null
      const [row] = await sql.inChunk(QUANTITY, [next])
      return { item: next++, quantity: row!['quantity']! }
    },
    checkpointInfo() {
      notesOf(step)['checkpoint.index'] = String(next)
      return { count: next }
    }
  }
}

function retryWriter(environment: SqlEnvironment) {
  const failures = new PlannedFailures('write')
  // One after the other, over rollbacks too.
  let written = 0
  let told = false
  return numbersWriter(environment, () => {
    if (!told) failures.at = wholeNumber(environment.prop('forced.fail.count.write'))
    told = true
    failures.meet(written + 1, failures.at + 1, notesOf(environment.step))
    written++
  })
}

function notesOf(step: SqlEnvironment['step']): Notes {
  return step.transientUserData as Notes
}

export const NUMBERS_ARTIFACTS = { retryInitReader, retryInitWriter, retryReader, retryWriter }
