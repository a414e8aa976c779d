// Reader, processor and writer of test_chunk: numbers, so that offsets and checkpoints can be seen.
import type { Injected, ItemReader } from '../../src/batch/artifacts.ts'
import { numberOf, pause } from './pause.ts'

/**
 * Reads 1, 2, … up to property `items` (100; -1 = without end); the checkpoint is the last number read.
 * Properties: `read.millis` = pause before each; `fail.at` = numbers at which it throws, each time, as "12" or "12,30".
 */
export class CountingReader implements ItemReader<number, number> {
  readonly #injected: Injected
  readonly #items: number
  readonly #millis: number
  readonly #failAt: ReadonlySet<number>
  #last = 0

  constructor(injected: Injected) {
    const { properties } = injected
    this.#injected = injected
    this.#items = numberOf(properties, 'items', 100)
    this.#millis = numberOf(properties, 'read.millis', 0)
    this.#failAt = new Set((properties['fail.at'] ?? '').split(',').map(Number))
  }

  open(checkpoint: number | null): void {
    this.#last = checkpoint ?? 0
    this.#injected.log.info(`countingReader goes on after ${this.#last}`)
  }

  readItem(): number | null | Promise<number | null> {
    if (this.#last === this.#items) return null
    // Only what has to wait is a promise: millions of items a second come the other way.
    if (this.#millis > 0) return pause(this.#millis, this.#injected.signal).then(() => this.#next())
    return this.#next()
  }

  checkpointInfo(): number {
    return this.#last
  }

  #next(): number {
    if (this.#failAt.has(this.#last + 1)) throw new Error(`countingReader fails at ${this.#last + 1}`)
    return ++this.#last
  }
}

/** Hands every number on. */
export function countingProcessor(item: number): number {
  return item
}

/** Logs what each chunk has. */
export function countingWriter(items: number[], { log }: Injected): void {
  log.info(`countingWriter: ${items.length} items, ${items[0]} to ${items.at(-1)}`)
}
