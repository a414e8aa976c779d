// Two writers of a file, for the crash test to tell apart: one that a crash makes write twice, and one that goes back to its
// checkpoint first.
import { appendFileSync, existsSync, statSync, truncateSync } from 'node:fs'
import type { Injected, ItemReader, ItemWriter } from '../../../../src/batch/artifacts.ts'

export class Numbers implements ItemReader<number, number> {
  #last = 0

  open(checkpoint: number | null): void {
    this.#last = checkpoint ?? 0
  }

  readItem(): number | null {
    return this.#last < 12 ? ++this.#last : null
  }

  checkpointInfo(): number {
    return this.#last
  }
}

export function carelessWriter(items: number[], { properties }: Injected): void {
  appendFileSync(properties['file']!, items.map(item => `${item}\n`).join(''))
}

export class CarefulWriter implements ItemWriter<number, number> {
  readonly #file: string

  constructor({ properties }: Injected) {
    this.#file = properties['file']!
  }

  open(checkpoint: number | null): void {
    if (existsSync(this.#file)) truncateSync(this.#file, checkpoint ?? 0)
  }

  writeItems(items: number[]): void {
    appendFileSync(this.#file, items.map(item => `${item}\n`).join(''))
  }

  checkpointInfo(): number {
    return existsSync(this.#file) ? statSync(this.#file).size : 0
  }
}

/** Fails, so that there is nothing to compare with. */
export function failing(): never {
  throw new Error('this job fails by itself')
}
