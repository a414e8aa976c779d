// `csvWriter`: appends each chunk's items to a CSV file that a restart cuts back to its last checkpoint.
import { stringify } from 'csv-stringify/sync'
import type { Injected, ItemWriter } from '../../batch/artifacts.ts'
import { checkNames, flagOf, textOf } from './artifact-properties.ts'
import type { BuiltInSetting } from './built-in-limits.ts'
import { type Columns, columnsOf, rowOf } from './item-columns.ts'
import { choiceOf, encodingOf, namesOf, signOf } from './list-properties.ts'
import { OutputFile, WHEN_EXISTS } from './output-file.ts'

const NAMES = [
  'file',
  'whenExists',
  'encoding',
  'delimiter',
  'quote',
  'escape',
  'quoted',
  'lineEnd',
  'bom',
  'header',
  'columns',
  'escapeFormulas'
]

interface CsvWriterCheckpoint {
  readonly bytes: number
  /** As the header has them; `null` = no item was written. */
  readonly columns: Columns | null
}

/**
 * Properties: `file`, `whenExists`, `encoding`, `delimiter`, `quote`, `escape`, `quoted`, `lineEnd`, `bom`, `header`,
 * `columns`, `escapeFormulas`; docs/artifacts.md has their meanings. Items are objects or arrays.
 */
export function csvWriter(setting: BuiltInSetting): new (injected: Injected) => ItemWriter {
  return class extends CsvWriter {
    constructor(injected: Injected) {
      super(setting, injected)
    }
  }
}

class CsvWriter implements ItemWriter<unknown, CsvWriterCheckpoint> {
  readonly #setting: BuiltInSetting
  readonly #injected: Injected
  #file: OutputFile | null = null
  #columns: Columns | null = null
  #strict = false
  #format: (rows: readonly (readonly unknown[])[]) => Buffer = () => Buffer.alloc(0)

  constructor(setting: BuiltInSetting, injected: Injected) {
    this.#setting = setting
    this.#injected = injected
  }

  async open(checkpoint: CsvWriterCheckpoint | null): Promise<void> {
    const { properties } = this.#injected
    checkNames('csvWriter', properties, NAMES)
    const name = textOf(properties, 'file')
    const whenExists = choiceOf(properties, 'whenExists', WHEN_EXISTS)
    this.#format = csvText(this.#injected.properties)
    const chosen = namesOf(properties, 'columns')
    this.#columns = checkpoint?.columns ?? chosen
    this.#strict = chosen === null
    const path = await this.#setting.limits.checkFile(name, this.#setting.inline)
    const options = { path, name, whenExists, injected: this.#injected }
    this.#file = await OutputFile.open(options, checkpoint?.bytes ?? null)
    if (checkpoint === null && chosen !== null) await this.#file.append(this.#head(chosen))
  }

  async writeItems(items: unknown[]): Promise<void> {
    if (this.#file === null) throw new Error('The writer is not open.')
    if (items.length === 0) return
    const columns = this.#columns ?? columnsOf(items[0])
    const rows = items.map(item => rowOf(item, columns, this.#strict))
    const head = this.#columns === null ? this.#head(columns) : Buffer.alloc(0)
    await this.#file.append(Buffer.concat([head, this.#format(rows)]))
    this.#columns = columns
  }

  /** In front of the first line of an empty file only. */
  #head(columns: Columns): Buffer {
    const { properties } = this.#injected
    if (this.#file!.bytes > 0) return Buffer.alloc(0)
    const bom = flagOf(properties, 'bom', false) ? Buffer.from('\ufeff') : Buffer.alloc(0)
    return flagOf(properties, 'header', true) ? Buffer.concat([bom, this.#format([columns])]) : bom
  }

  async checkpointInfo(): Promise<CsvWriterCheckpoint> {
    return { bytes: await this.#file!.checkpoint(), columns: this.#columns }
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.close()
  }
}

function csvText(properties: Injected['properties']): (rows: readonly (readonly unknown[])[]) => Buffer {
  const encoding = encodingOf(properties)
  if (encoding !== 'utf8' && flagOf(properties, 'bom', false)) throw new Error('Only utf-8 has a bom.')
  const quote = signOf(properties, 'quote', '"')
  const options = {
    delimiter: signOf(properties, 'delimiter', ','),
    quote,
    escape: signOf(properties, 'escape', quote),
    quoted: flagOf(properties, 'quoted', false),
    escape_formulas: flagOf(properties, 'escapeFormulas', false),
    record_delimiter: choiceOf(properties, 'lineEnd', ['lf', 'crlf']) === 'lf' ? '\n' : '\r\n',
    cast: { boolean: String, date: (date: Date) => date.toISOString(), bigint: String }
  }
  return rows => {
    // A single empty field would be an empty line, which readers take for no record.
    const single = rows[0]?.length === 1
    const text = stringify(rows as unknown[][], { ...options, ...(single ? { quoted_empty: true } : {}) })
    // oxlint-disable-next-line no-control-regex -- it is about every character a byte can be
    const strange = encoding === 'latin1' ? /[^\x00-\xff]/u.exec(text) : null
    if (strange !== null) throw new Error(`latin1 has no ${strange[0]}; the property encoding may be utf-8.`)
    return Buffer.from(text, encoding)
  }
}
