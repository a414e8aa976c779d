// Makes an ItemReader of a generator function; without it the shortest way to write a reader could not be restarted.
import type { Injected, ItemReader } from '../batch/artifacts.ts'
import { ReaderEndedError } from '../batch/reader-ended-error.ts'

type Generate = (injected: Injected) => Iterator<unknown> | AsyncIterator<unknown>

/**
 * A generator cannot be put back, so its checkpoint is the number of items delivered: `open(n)` makes a new one, draws n
 * items and drops them. Cheap for thousands; whoever reads millions writes a class that knows its position.
 */
export function generatorReader(generate: Generate, injected: Injected): ItemReader<unknown, number> {
  return new GeneratorReader(generate, injected)
}

class GeneratorReader implements ItemReader<unknown, number> {
  readonly #generate: Generate
  readonly #injected: Injected
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | null = null
  #delivered = 0
  #failure: { readonly cause: unknown } | null = null

  constructor(generate: Generate, injected: Injected) {
    this.#generate = generate
    this.#injected = injected
  }

  /** Also called after a rollback, to read again from the checkpoint. */
  async open(checkpoint: number | null): Promise<void> {
    const count = checkpoint ?? 0
    if (!Number.isSafeInteger(count) || count < 0)
      throw new Error(
        `The checkpoint of a generator is its number of items, not ${typeof checkpoint === 'number' ? checkpoint : `of type ${typeof checkpoint}`}.`
      )
    await this.close()
    this.#iterator = this.#generate(this.#injected)
    this.#delivered = 0
    this.#failure = null
    while (this.#delivered < count) {
      const drawn = this.readItem()
      const item = drawn instanceof Promise ? await drawn : drawn
      if (item === null)
        throw new Error(
          `${count} items were read before, but the generator ${this.#name()} ends after ${this.#delivered}.`
        )
    }
  }

  readItem(): unknown {
    // After an error a generator is at its end. To say so would make a skipped error lose all items after it, and as an
    // error that may be skipped it would be skipped without end.
    if (this.#failure !== null)
      throw new ReaderEndedError(
        `The generator ${this.#name()} ended with an error and cannot be read on; a reader whose errors are skipped must be a class.`,
        this.#failure
      )
    this.#iterator ??= this.#generate(this.#injected)
    try {
      const next = this.#iterator.next()
      if (next instanceof Promise)
        return next.then(
          result => this.#item(result),
          error => this.#fail(error)
        )
      return this.#item(next as IteratorResult<unknown>)
    } catch (error) {
      return this.#fail(error)
    }
  }

  checkpointInfo(): number {
    return this.#delivered
  }

  async close(): Promise<void> {
    const iterator = this.#iterator
    this.#iterator = null
    await iterator?.return?.()
  }

  #item(result: IteratorResult<unknown>): unknown {
    if (result.done) return null
    if (result.value === null || result.value === undefined)
      throw new Error(
        `The generator ${this.#name()} yielded ${result.value}, which would end the step; it ends by returning.`
      )
    this.#delivered++
    return result.value
  }

  #fail(error: unknown): never {
    this.#failure = { cause: error }
    throw error
  }

  #name(): string {
    return this.#generate.name
  }
}
