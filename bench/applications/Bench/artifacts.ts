// The artifacts of the jobs that are measured: each does next to nothing, so that what is left is the engine.
import type { Injected, ItemReader } from '../../../src/batch/artifacts.ts'
import { columnsOf, type CsvPosition, type CsvRow, CsvRows, INSERT_ROWS } from './csv-rows.ts'

export function noopBatchlet(): void {}

/** The job's exit status is when it began: nanoseconds of the monotonic clock that all processes of a machine share. */
export function beginTimeBatchlet({ jobContext }: Injected): void {
  jobContext.exitStatus = String(process.hrtime.bigint())
}

class CountReader implements ItemReader<number, number> {
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

class CsvReader implements ItemReader<CsvRow, CsvPosition> {
  readonly #file: string
  #rows: CsvRows | null = null

  constructor({ properties }: Injected) {
    this.#file = properties['file']!
  }

  open(checkpoint: CsvPosition | null): void {
    this.#rows = new CsvRows(this.#file, checkpoint)
  }

  readItem(): CsvRow | null {
    return this.#rows!.next()
  }

  checkpointInfo(): CsvPosition {
    return this.#rows!.position
  }

  close(): void {
    this.#rows?.close()
  }
}

export { CountReader as countReader, CsvReader as csvReader }

export function nullWriter(_items: number[]): void {}

export async function rowWriter(rows: CsvRow[], { connection }: Injected): Promise<void> {
  await connection.query(INSERT_ROWS, columnsOf(rows))
}

/** Of bulk jobs. */
export const noOperation = { execute: () => null }
