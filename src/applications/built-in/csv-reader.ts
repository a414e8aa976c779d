// `csvReader`: the records of a CSV file of any size, restarted at the byte after the last checkpoint.
import type { Injected, ItemReader } from '../../batch/artifacts.ts'
import { textOf } from './artifact-properties.ts'
import type { BuiltInSetting } from './built-in-limits.ts'
import { type CsvFormat, csvFormat } from './csv-format.ts'
import { type CsvPlace, type CsvRecord, CsvRecords } from './csv-records.ts'
import { type FilePosition, filePosition, InputFile } from './input-file.ts'

type Item = readonly string[] | Readonly<Record<string, string>>

/** A malformed record, or one with another number of columns. The next read goes on behind it, so a step may skip it. */
export class CsvRecordError extends Error {
  override readonly name = 'CsvRecordError'
}

/**
 * Properties: `file` (a .gz is unpacked), `encoding`, `delimiter`, `quote`, `escape`, `comment`, `trim`, `header`, `columns`,
 * `skipLines`, `relaxColumnCount`, `start`, `end`, `maxRecordSize`; docs/artifacts.md has their meanings. Items are objects by
 * column, or arrays without a header. A record's number counts malformed ones too, the first after the header is 1.
 */
export function csvReader(setting: BuiltInSetting): new (injected: Injected) => ItemReader {
  return class extends CsvReader {
    constructor(injected: Injected) {
      super(setting, injected)
    }
  }
}

class CsvReader implements ItemReader<Item, FilePosition> {
  readonly #setting: BuiltInSetting
  readonly #injected: Injected
  #file!: InputFile
  #format!: CsvFormat
  /** Names of the file's columns, `null`: items are arrays; `chosen` = index and name of those an item has. */
  #names: readonly string[] | null = null
  #chosen: readonly (readonly [number, string])[] = []
  /** Without names the first record says how many columns there are. */
  #width: number | null = null
  #records: CsvRecords | null = null
  #place: CsvPlace = { bytes: 0, line: 1 }
  #record = 0

  constructor(setting: BuiltInSetting, injected: Injected) {
    this.#setting = setting
    this.#injected = injected
  }

  async open(checkpoint: unknown): Promise<void> {
    await this.close()
    const { properties } = this.#injected
    this.#format = csvFormat(properties)
    const name = textOf(properties, 'file')
    const path = await this.#setting.limits.checkFile(name, this.#setting.inline)
    this.#file = await InputFile.at(path, name)
    const from = checkpoint === null || checkpoint === undefined ? null : filePosition(checkpoint)
    if (from !== null) await this.#file.checkSame(from)
    const head = new CsvRecords(this.#file, this.#format, { bytes: 0, line: 1 })
    const first = await this.#firstOf(head)
    this.#readHeader(first)
    const start = this.#format.header === true && first !== null ? first.end : { bytes: 0, line: 1 }
    this.#place = from ?? start
    this.#record = from?.record ?? 0
    this.#records = new CsvRecords(this.#file, this.#format, this.#place)
  }

  async #firstOf(head: CsvRecords): Promise<CsvRecord | null> {
    try {
      await head.more()
      return head.take() ?? null
    } finally {
      await head.close()
    }
  }

  #readHeader(first: CsvRecord | null): void {
    const { header, columns } = this.#format
    this.#width = header === false ? (first?.fields?.length ?? null) : null
    this.#names = header === false ? null : header === true ? headerIn(this.#file.name, first) : header
    if (this.#names === null) return
    this.#width = this.#names.length
    const wanted = columns ?? this.#names
    const missing = wanted.filter(name => !this.#names!.includes(name))
    if (missing.length > 0 && !(first === null && columns === null))
      throw new Error(
        `${this.#file.name} has no column ${missing.join(', ')}; it has ${this.#names.slice(0, 50).join(', ')}.`
      )
    const doubled = wanted.find(name => this.#names!.indexOf(name) !== this.#names!.lastIndexOf(name))
    if (doubled !== undefined) throw new Error(`${this.#file.name} has the column ${doubled} more than once.`)
    this.#chosen = wanted.map(name => [this.#names!.indexOf(name), name] as const)
  }

  readItem(): Item | null | Promise<Item | null> {
    const item = this.#take()
    return item === undefined ? this.#later() : item
  }

  /** From the records at hand; `undefined` = they are used up, `null` = the end. */
  #take(): Item | null | undefined {
    while (this.#record < this.#format.end) {
      const record = this.#records?.take()
      if (record === undefined) return undefined
      this.#record++
      this.#place = record.end
      if (this.#record >= this.#format.start) return this.#itemOf(record)
    }
    return null
  }

  async #later(): Promise<Item | null> {
    for (;;) {
      if (this.#records === null || !(await this.#records.more())) return null
      const item = this.#take()
      if (item !== undefined) return item
    }
  }

  #itemOf({ fields, error, end }: CsvRecord): Item {
    const wrong = (what: string) => {
      const line = end.line - 1 - lineEndsIn(fields ?? [])
      return new CsvRecordError(`${this.#file.name}, record ${this.#record} at line ${line}: ${what}.`)
    }
    if (fields === null) throw wrong(error ?? 'it cannot be read')
    if (this.#width !== null && fields.length !== this.#width && !this.#format.relaxed)
      throw wrong(`it has ${fields.length} columns, not ${this.#width}`)
    if (this.#names === null) return fields
    const item: Record<string, string> = {}
    for (const [index, name] of this.#chosen) {
      const field = fields[index]
      if (field === undefined) continue
      if (name === '__proto__') Object.defineProperty(item, name, { value: field, enumerable: true })
      else item[name] = field
    }
    return item
  }

  async checkpointInfo(): Promise<FilePosition> {
    const { bytes, line } = this.#place
    return { bytes, record: this.#record, line, mark: await this.#file.mark(bytes) }
  }

  async close(): Promise<void> {
    const records = this.#records
    this.#records = null
    await records?.close()
  }
}

/** A record may begin lines before the one it ends in; what stands between two records is none of it. */
function lineEndsIn(fields: readonly string[]): number {
  return fields.reduce((sum, field) => sum + field.split('\n').length - 1, 0)
}

function headerIn(file: string, first: CsvRecord | null): readonly string[] {
  if (first === null) return []
  if (first.fields === null) throw new Error(`The header of ${file} cannot be read: ${first.error}.`)
  return first.fields
}
