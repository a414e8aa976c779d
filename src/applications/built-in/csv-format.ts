// What the properties of `csvReader` say about its file: without it the reader could not be read for all its options.
import type { Options } from 'csv-parse'
import { checkNames, flagOf, numberOf, type Properties } from './artifact-properties.ts'
import { encodingOf, namesOf, signOf } from './list-properties.ts'

const NAMES = [
  'file',
  'encoding',
  'delimiter',
  'quote',
  'escape',
  'comment',
  'trim',
  'header',
  'columns',
  'skipLines',
  'relaxColumnCount',
  'start',
  'end',
  'maxRecordSize'
]

export interface CsvFormat {
  /** For csv-parse; columns, positions and errors are the reader's. */
  readonly options: Options
  /** true: the file's first record; names: the file has none; false: items are arrays. */
  readonly header: boolean | readonly string[]
  /** Those an item has; `null` = all. */
  readonly columns: readonly string[] | null
  /** Lines in front of header and records. */
  readonly skipLines: number
  readonly relaxed: boolean
  readonly trim: boolean
  readonly comment: string | null
  /** Numbers of records, both included. */
  readonly start: number
  readonly end: number
}

/** @throws Error naming the property that is wrong */
export function csvFormat(properties: Properties): CsvFormat {
  checkNames('csvReader', properties, NAMES)
  const header = /^(true|false)$/.test(properties['header']?.trim() ?? 'true')
    ? flagOf(properties, 'header', true)
    : namesOf(properties, 'header')!
  const columns = namesOf(properties, 'columns')
  if (columns !== null && header === false)
    throw new Error('The property columns chooses by name: header must be true or the list of names.')
  const quote = signOf(properties, 'quote', '"')
  const trim = flagOf(properties, 'trim', false)
  const comment = properties['comment'] ?? null
  const most = { min: 1, max: 1e15 }
  return {
    options: {
      encoding: encodingOf(properties),
      delimiter: signOf(properties, 'delimiter', ','),
      quote: quote === 'none' ? null : quote,
      escape: quote === 'none' ? null : signOf(properties, 'escape', quote),
      comment,
      comment_no_infix: true,
      trim,
      // Both, wherever they stand: what a file is found to have must not depend on where a restart begins.
      record_delimiter: ['\r\n', '\n'],
      skip_empty_lines: true,
      // The number of columns is judged by the reader, for csv-parse could not go on after it.
      relax_column_count: true,
      max_record_size: numberOf(properties, 'maxRecordSize', { min: 1, max: 2 ** 28, absent: 2 ** 20 })
    },
    header,
    columns,
    skipLines: numberOf(properties, 'skipLines', { min: 0, max: 1e6, absent: 0 }),
    relaxed: flagOf(properties, 'relaxColumnCount', false),
    trim,
    comment,
    start: numberOf(properties, 'start', { ...most, absent: 1 }),
    end: numberOf(properties, 'end', { ...most, absent: null }) ?? Infinity
  }
}
