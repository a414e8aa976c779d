// Records of a CSV file one after the other, each with where it ends; a malformed one costs its line and not the rest of the file.
import { once } from 'node:events'
import { CsvError, type Options, parse, type Parser } from 'csv-parse'
import type { CsvFormat } from './csv-format.ts'
import type { InputFile } from './input-file.ts'
import { linesOf } from './line-blocks.ts'

/** A place between two records. */
export interface CsvPlace {
  readonly bytes: number
  /** 1 = the first line. */
  readonly line: number
}

export interface CsvRecord {
  /** Absent for what csv-parse could not read. */
  readonly fields: readonly string[] | null
  readonly error: string | null
  /** Where the next one begins. */
  readonly end: CsvPlace
}

const LONGEST_LINE = 2 ** 28

/** `from`: the beginning of the file, or where a record ended. */
export class CsvRecords {
  readonly #file: InputFile
  readonly #format: CsvFormat
  #blocks: AsyncGenerator<Buffer, void> | null = null
  #parser: Parser | null = null
  /** Where the parser began: it counts from there. */
  #base: CsvPlace
  #last: CsvPlace
  #queue: CsvRecord[] = []
  #next = 0
  #ended = false

  constructor(file: InputFile, format: CsvFormat, from: CsvPlace) {
    this.#file = file
    this.#format = format
    this.#base = this.#last = from
  }

  /** `undefined` = more() must be awaited first. */
  take(): CsvRecord | undefined {
    return this.#queue[this.#next++]
  }

  /** Parses one block; `false` = there is no more. */
  async more(): Promise<boolean> {
    this.#queue = []
    this.#next = 0
    while (this.#queue.length === 0 && !this.#ended) {
      this.#blocks ??= this.#file.blocks(this.#base.bytes)
      this.#parser ??= this.#newParser()
      const block = await this.#blocks.next()
      const error = await written(this.#parser, block.done === true ? null : block.value)
      if (error !== null) await this.#skipLine(error)
      else if (block.done === true) this.#ended = true
    }
    return this.#queue.length > 0
  }

  async close(): Promise<void> {
    const blocks = this.#blocks
    this.#blocks = this.#parser = null
    await blocks?.return()
  }

  #newParser(): Parser {
    const base = this.#base
    const first = base.bytes === 0
    const options: Options = {
      ...this.#format.options,
      ...(first ? { bom: true, from_line: this.#format.skipLines + 1 } : {}),
      // Nothing is pushed on: the records in front of an error must not go with the stream that it ends.
      on_record: (fields: string[], { bytes, lines }) => {
        this.#last = { bytes: base.bytes + bytes, line: base.line + lines }
        this.#queue.push({ fields, error: null, end: this.#last })
        return null
      }
    }
    const parser = parse(options)
    parser.on('error', () => {})
    parser.resume()
    return parser
  }

  /** The malformed record begins behind the last one that was read; its first line is dropped, and parsing begins anew. */
  async #skipLine(error: Error): Promise<void> {
    await this.close()
    let { bytes, line } = this.#last
    const toSkip = bytes === 0 ? this.#format.skipLines : 0
    for await (const lines of linesOf(this.#file.blocks(bytes), LONGEST_LINE))
      for (const one of lines) {
        bytes += one.length
        line++
        if (line - this.#last.line <= toSkip || this.#isNoRecord(one.bytes)) continue
        this.#base = this.#last = { bytes, line }
        this.#queue.push({ fields: null, error: reasonOf(error), end: this.#last })
        return
      }
    this.#ended = true
  }

  #isNoRecord(line: Buffer): boolean {
    const { comment, options, trim } = this.#format
    const text = line.toString(options.encoding as BufferEncoding)
    const shown = trim ? text.trim() : text
    return shown === '' || (comment !== null && shown.startsWith(comment))
  }
}

/** The error that the block (`null`: the end) led to. */
async function written(parser: Parser, block: Buffer | null): Promise<Error | null> {
  if (block !== null)
    return await new Promise(resolve => {
      parser.write(block, error => resolve(error ?? null))
    })
  try {
    parser.end()
    await once(parser, 'end')
    return null
  } catch (error) {
    return error as Error
  }
}

/** Without csv-parse's own line, which it counts from where it began. */
function reasonOf(error: Error): string {
  const reason = error instanceof CsvError ? REASONS[error.code] : undefined
  return reason ?? error.message
}

const REASONS: Readonly<Record<string, string>> = {
  CSV_INVALID_CLOSING_QUOTE: 'characters follow a closing quote',
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: 'characters follow a closing quote',
  INVALID_OPENING_QUOTE: 'a quote stands inside of a field that has none at its beginning',
  CSV_QUOTE_NOT_CLOSED: 'a quote is not closed',
  CSV_MAX_RECORD_SIZE: 'the record is longer than maxRecordSize'
}
