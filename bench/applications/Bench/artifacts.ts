// The artifacts of the jobs that are measured: each does next to nothing, so that what is left is the engine.
import { setTimeout as delay } from 'node:timers/promises'
import type { Injected, ItemReader } from '../../../src/batch/artifacts.ts'
import { columnsOf, type CsvPosition, type CsvRow, CsvRows, INSERT_ROWS } from './csv-rows.ts'
import { spin } from './spin.ts'

export function noopBatchlet(): void {}

/** The job's exit status is when it began: nanoseconds of the monotonic clock that all processes of a machine share. */
export function beginTimeBatchlet({ jobContext }: Injected): void {
  jobContext.exitStatus = String(process.hrtime.bigint())
}

/** FAILED each time, so that its job can be restarted again and again; how long that took is told by the database. */
export function failingBatchlet(): never {
  throw new Error('as asked')
}

/** One partition's share: numbers to be drawn in millions, and 20 ms waits one after the other. */
export async function shareOfWork({ properties }: Injected): Promise<void> {
  spin(Number(properties['millions'] ?? 0))
  for (let waits = Number(properties['waits'] ?? 0); waits > 0; waits--) await delay(20)
}

/** Lines of 100 characters to the job log; the exit status is how long the calls took in nanoseconds. */
export async function logLines({ properties, log, jobContext }: Injected): Promise<void> {
  const lines = Number(properties['lines'])
  const text =
    `a line of a job log, as a job that tells what it does with each of its items writes it: `.padEnd(94, '.')
  const begun = process.hrtime.bigint()
  for (let line = 0; line < lines; line++) {
    log.info(text + String(line).padStart(6))
    // A job that is at work gives its thread's other duties a chance now and then.
    if (line % 10_000 === 9999) await delay(0)
  }
  jobContext.exitStatus = String(process.hrtime.bigint() - begun)
}

/** At work until its job is stopped. */
export async function untilStopped({ signal }: Injected): Promise<void> {
  await delay(3_600_000, null, { signal }).catch(() => {})
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
