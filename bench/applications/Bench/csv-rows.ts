// The rows of the CSV benchmark: how they are read from the file and written to Postgres, by the job and by the bare loop alike.
import { closeSync, openSync, readSync } from 'node:fs'
import { parse } from 'csv-parse/sync'

export type CsvRow = readonly [id: string, customer: string, amount: string, day: string, note: string]

/** Where a block of whole lines begins, and the next row in it. */
export interface CsvPosition {
  readonly offset: number
  readonly row: number
}

const BLOCK = 256 * 1024
const NEWLINE = 10

/** One statement for any number of rows, with five arrays. */
export const INSERT_ROWS = /* sql */ `insert into public.payment (id, customer, amount, day, note)
  select * from unnest($1::bigint[], $2::text[], $3::numeric[], $4::date[], $5::text[])`

/** Reads a file block by block; no quoted line ends in it. */
export class CsvRows {
  readonly #file: number
  readonly #buffer = Buffer.alloc(BLOCK)
  #rows: CsvRow[] = []
  #row = 0
  #offset = 0
  #next = 0

  constructor(path: string, from: CsvPosition | null) {
    this.#file = openSync(path, 'r')
    if (from === null) return
    this.#next = from.offset
    this.#fill()
    this.#row = from.row
  }

  get position(): CsvPosition {
    return { offset: this.#offset, row: this.#row }
  }

  next(): CsvRow | null {
    if (this.#row === this.#rows.length && !this.#fill()) return null
    return this.#rows[this.#row++]!
  }

  #fill(): boolean {
    const length = readSync(this.#file, this.#buffer, 0, BLOCK, this.#next)
    if (length === 0) return false
    const end = this.#buffer.lastIndexOf(NEWLINE, length - 1) + 1
    if (end === 0) throw new Error('a line of the CSV file is longer than a block')
    this.#rows = parse(this.#buffer.subarray(0, end)) as unknown as CsvRow[]
    this.#row = 0
    this.#offset = this.#next
    this.#next += end
    return true
  }

  close(): void {
    closeSync(this.#file)
  }
}

/** The parameters of INSERT_ROWS. */
export function columnsOf(rows: readonly CsvRow[]): readonly (readonly string[])[] {
  const columns: string[][] = [[], [], [], [], []]
  for (const row of rows) for (let at = 0; at < 5; at++) columns[at]!.push(row[at]!)
  return columns
}
