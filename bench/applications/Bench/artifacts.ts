// The artifacts of the jobs that are measured: each does next to nothing, so that what is left is the engine.
import type { Injected, ItemReader, ItemWriter, JobListener } from '../../../src/batch/artifacts.ts'
import { columnsOf, type CsvPosition, type CsvRow, CsvRows, INSERT_ROWS } from './csv-rows.ts'

export const noopBatchlet = (): void => {}

/** Its exit status is when it began: on the monotonic clock that all processes of a machine share. */
export const beginTimeBatchlet = (): string => String(process.hrtime.bigint())

const beginTimes = new WeakMap<object, string>()
void beginTimes

export class CountReader implements ItemReader<number, number> {
  readonly #items: number
  #last = 0

  constructor({ properties }: Injected) {
    this.#items = Number(properties['items'])
  }

  open(checkpoint: number | null): void {
    this.#last = checkpoint ?? 0
  }

  readItem(): number | null {
    return this.#last < this.#items ? ++this.#last : null
  }

  checkpointInfo(): number {
    return this.#last
  }
}
