// The reader of step `load`: a CSV file of any size, record by record, restarted at the byte after the last checkpoint.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type Info, parse } from 'csv-parse'
import type { Injected, ItemReader } from '../../src/batch/artifacts.ts'

/** One record with its number in the file, the first after the header is 1. */
export interface CsvRecord {
  readonly record: number
  readonly fields: Readonly<Record<string, string>>
}

/** `bytes` is where the next record begins: nothing before it is read again. */
export interface CsvPosition {
  readonly record: number
  readonly bytes: number
}

/** Characters: a file without line ends must not fill the memory. */
const LONGEST_RECORD = 1_000_000

interface Parsed<Row> {
  readonly record: Row
  readonly info: Info
}

/**
 * Properties: `csv` = path of the file; `columns` = names its header must have, separated by "|".
 * The path comes from whoever submits: a file without these columns is refused, and nothing of it is told.
 */
export class CsvReader implements ItemReader<CsvRecord, CsvPosition> {
  readonly #injected: Injected
  #position: CsvPosition = { record: 0, bytes: 0 }
  /** Where the parser began: it counts from there. */
  #start = this.#position
  #rows: AsyncIterator<Parsed<Record<string, string>>> | null = null

  constructor(injected: Injected) {
    this.#injected = injected
  }

  async open(checkpoint: CsvPosition | null): Promise<void> {
    await this.close()
    const { properties, log } = this.#injected
    const path = properties['csv'] ?? sampleFile()
    const header = await headerOf(path)
    const wanted = properties['columns']?.split('|') ?? []
    const missing = wanted.filter(name => !header.columns.includes(name))
    if (missing.length > 0) throw new Error(`${path} has no column ${missing.join(', ')}.`)
    const position = checkpoint ?? { record: 0, bytes: header.bytes }
    if (position.bytes > header.size)
      throw new Error(`${path} is shorter than it was at the last checkpoint.`)
    const rows = parse({
      columns: header.columns,
      info: true,
      skip_empty_lines: true,
      max_record_size: LONGEST_RECORD
    })
    // An error of the file arrives at the parser, and from there in readItem().
    pipeline(createReadStream(path, { start: position.bytes }), rows, () => {})
    this.#rows = rows[Symbol.asyncIterator]()
    this.#start = this.#position = position
    log.info(`${path} is read from record ${position.record + 1}, byte ${position.bytes}.`)
  }

  async readItem(): Promise<CsvRecord | null> {
    const next = await this.#rows?.next()
    if (next === undefined || next.done === true) return null
    const { record: fields, info } = next.value
    this.#position = { record: this.#start.record + info.records, bytes: this.#start.bytes + info.bytes }
    return { record: this.#position.record, fields }
  }

  checkpointInfo(): CsvPosition {
    return this.#position
  }

  async close(): Promise<void> {
    const rows = this.#rows
    this.#rows = null
    await rows?.return?.()
  }
}

async function headerOf(path: string): Promise<{ columns: string[]; bytes: number; size: number }> {
  const file = await stat(path)
  // A pipe or a device would be waited for, or read without end.
  if (!file.isFile()) throw new Error(`${path} is not a file.`)
  const rows = parse({ to: 1, info: true, bom: true, max_record_size: LONGEST_RECORD })
  pipeline(createReadStream(path), rows, () => {})
  for await (const { record, info } of rows as AsyncIterable<Parsed<string[]>>)
    return { columns: record, bytes: info.bytes, size: file.size }
  return { columns: [], bytes: 0, size: file.size }
}

/** The FAA's bird strikes as the npm package vega-datasets ships them: 10,000 records. */
function sampleFile(): string {
  try {
    return fileURLToPath(new URL('../data/birdstrikes.csv', import.meta.resolve('vega-datasets')))
  } catch (error) {
    throw new Error('Job parameter csv is needed: npm package vega-datasets is not installed.', {
      cause: error
    })
  }
}
