// A manifest's bytes to its rows, one after the other: the whole of it is read before anything runs, and none of it is kept.
import { CsvError, parse } from 'csv-parse'
import { Readable } from 'node:stream'
import { unstorable } from '../batch/text.ts'

export interface ManifestRow {
  /** From 1. */
  readonly row: number
  readonly bucket: string
  readonly key: string
  readonly versionId: string | null
  readonly fields: Readonly<Record<string, string>> | null
}

/** What of a manifest is wrong: the bulk job ends Failed with it. */
export class ManifestRefused extends Error {
  override readonly name = 'ManifestRefused'
  readonly failureCode: string

  constructor(failureCode: 'MalformedManifest' | 'ManifestChanged' | 'ManifestUnavailable', message: string) {
    super(message)
    this.failureCode = failureCode
  }
}

const KNOWN = new Set(['Bucket', 'Key', 'VersionId', 'Ignore'])

/** Bytes of one row: a file without line ends must not fill the memory. */
const LONGEST_ROW = 64 * 1024

/** As document 002 has it for objects without versions: a value, and no version. */
const NO_VERSION = 'null'

/** One of several files that are a manifest together. */
export interface ManifestPart {
  /** What it is called where one of its rows is bad. */
  readonly of: string
  /** Some rows may have a version id and others none. */
  readonly mixedVersions: boolean
}

const WHOLE: ManifestPart = { of: 'the manifest', mixedVersions: false }

/**
 * Throws ManifestRefused naming the first bad row. `fields` has Bucket and Key once each. Rows that are empty lines are none.
 */
export async function* manifestRows(
  bytes: AsyncIterable<Uint8Array>,
  fields: readonly string[],
  part: ManifestPart = WHOLE
): AsyncGenerator<ManifestRow, void> {
  let row = 0
  try {
    for await (const item of rowsOf(bytes, fields, part.mixedVersions)) yield { ...item, row: ++row }
  } catch (error) {
    if (!(error instanceof BadRow)) throw error
    const message = `Row ${error.row} of ${part.of} cannot be used: ${error.message}.`
    throw new ManifestRefused('MalformedManifest', message)
  }
  if (part === WHOLE && row === 0) throw new ManifestRefused('MalformedManifest', 'The manifest has no rows.')
}

class BadRow extends Error {
  readonly row: number

  constructor(row: number, why: string) {
    super(why)
    this.row = row
  }
}

async function* rowsOf(
  bytes: AsyncIterable<Uint8Array>,
  fields: readonly string[],
  mixedVersions: boolean
): AsyncGenerator<Omit<ManifestRow, 'row'>, void> {
  const parser = parse({
    encoding: 'latin1',
    // Else the first one found is the only one.
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    max_record_size: LONGEST_ROW,
    relax_column_count: true
  })
  const source = Readable.from(withoutMark(bytes), { objectMode: true })
  source.on('error', error => parser.destroy(error))
  source.pipe(parser)
  const columns = columnsOf(fields)
  let row = 0
  let versioned: boolean | null = null
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      row++
      const read = rowOf(record, columns, row)
      versioned ??= read.versioned
      if (read.versioned !== versioned && !mixedVersions)
        throw new BadRow(
          row,
          `it has ${versioned ? 'no version id, and earlier rows have one' : 'a version id, and earlier rows have none'}`
        )
      yield read.item
    }
  } catch (error) {
    // Rows before it may still be on their way from the parser when it throws: it has counted them.
    if (!(error instanceof CsvError)) throw error
    const { records } = error as { readonly records?: unknown }
    throw new BadRow((typeof records === 'number' ? records : row) + 1, (error as Error).message)
  } finally {
    source.destroy()
    parser.destroy()
  }
}

/** A byte order mark is none of the first field. */
async function* withoutMark(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let head: Uint8Array | null = new Uint8Array()
  for await (const piece of bytes) {
    if (head === null) yield piece
    else {
      head = Buffer.concat([head, piece])
      if (head.length < MARK.length) continue
      yield MARK.equals(head.subarray(0, MARK.length)) ? head.subarray(MARK.length) : head
      head = null
    }
  }
  if (head !== null) yield head
}

const MARK = Buffer.from([0xef, 0xbb, 0xbf])
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The parser gives a character for each byte, so that what is not UTF-8 is found in its own row. */
function textOf(field: string, row: number): string {
  if (!/[\x80-\xff]/.test(field)) return field
  try {
    return UTF8.decode(Buffer.from(field, 'latin1'))
  } catch {
    throw new BadRow(row, 'it is not UTF-8')
  }
}

interface Columns {
  readonly count: number
  readonly bucket: number
  readonly key: number
  /** -1 = none. */
  readonly versionId: number
  readonly own: readonly (readonly [name: string, index: number])[]
}

function columnsOf(fields: readonly string[]): Columns {
  return {
    count: fields.length,
    bucket: fields.indexOf('Bucket'),
    key: fields.indexOf('Key'),
    versionId: fields.indexOf('VersionId'),
    own: fields.flatMap((name, index) => (KNOWN.has(name) ? [] : [[name, index] as const]))
  }
}

function rowOf(
  raw: readonly string[],
  columns: Columns,
  row: number
): { readonly item: Omit<ManifestRow, 'row'>; readonly versioned: boolean } {
  if (raw.length !== columns.count)
    throw new BadRow(row, `it has ${raw.length} columns, and the manifest's fields are ${columns.count}`)
  const record = raw.map(field => textOf(field, row))
  for (const value of record) {
    const flaw = unstorable(value)
    if (flaw !== null) throw new BadRow(row, `it contains ${flaw}`)
  }
  const bucket = record[columns.bucket]!
  if (bucket === '') throw new BadRow(row, 'its bucket is empty')
  const key = decoded(record[columns.key]!, row)
  const versionId = columns.versionId === -1 ? '' : record[columns.versionId]!
  const fields = columns.own.length === 0 ? null : ownFields(record, columns.own)
  return {
    item: {
      bucket,
      key,
      versionId: versionId === '' || versionId === NO_VERSION ? null : versionId,
      fields
    },
    versioned: versionId !== ''
  }
}

/** Keys are URL-encoded; a plus sign is one. */
function decoded(encoded: string, row: number): string {
  let key: string
  try {
    key = decodeURIComponent(encoded)
  } catch {
    throw new BadRow(row, 'its key is not URL-encoded')
  }
  if (key === '') throw new BadRow(row, 'its key is empty')
  if (unstorable(key) !== null) throw new BadRow(row, `its key contains ${unstorable(key)}`)
  return key
}

function ownFields(record: readonly string[], own: Columns['own']): Readonly<Record<string, string>> {
  return Object.fromEntries(own.map(([name, index]) => [name, record[index]!]))
}
