// `jsonLinesReader`: one item for each line of a file that is JSON, restarted at the byte after the last checkpoint.
import type { Injected, ItemReader } from '../../batch/artifacts.ts'
import { checkNames, numberOf, textOf } from './artifact-properties.ts'
import type { BuiltInSetting } from './built-in-limits.ts'
import { type FilePosition, filePosition, InputFile } from './input-file.ts'
import { type Line, linesOf } from './line-blocks.ts'

const NAMES = ['file', 'start', 'end', 'maxLineBytes']
const BOM = Buffer.from('\ufeff')

/** A line that is no item. The next read goes on with the next line, so a step may skip it. */
export class JsonLineError extends Error {
  override readonly name = 'JsonLineError'
}

/**
 * Properties: `file` (a .gz is unpacked), `start` and `end` (numbers of lines, both included, 1 = the first), `maxLineBytes`
 * (1 MiB). Lines are UTF-8; empty ones are no items. A whole number beyond 2^53 becomes text, so that no digit is lost.
 */
export function jsonLinesReader(setting: BuiltInSetting): new (injected: Injected) => ItemReader {
  return class extends JsonLinesReader {
    constructor(injected: Injected) {
      super(setting, injected)
    }
  }
}

class JsonLinesReader implements ItemReader<unknown, FilePosition> {
  readonly #setting: BuiltInSetting
  readonly #injected: Injected
  #file!: InputFile
  #start = 1
  #end = Infinity
  #longest = 0
  #lines: AsyncGenerator<Line[], void> | null = null
  #queue: Line[] = []
  #next = 0
  #bytes = 0
  #line = 0

  constructor(setting: BuiltInSetting, injected: Injected) {
    this.#setting = setting
    this.#injected = injected
  }

  async open(checkpoint: unknown): Promise<void> {
    await this.close()
    const { properties } = this.#injected
    checkNames('jsonLinesReader', properties, NAMES)
    const most = { min: 1, max: 1e15 }
    this.#start = numberOf(properties, 'start', { ...most, absent: 1 })
    this.#end = numberOf(properties, 'end', { ...most, absent: null }) ?? Infinity
    this.#longest = numberOf(properties, 'maxLineBytes', { min: 1, max: 2 ** 28, absent: 2 ** 20 })
    const name = textOf(properties, 'file')
    const path = await this.#setting.limits.checkFile(name, this.#setting.inline)
    this.#file = await InputFile.at(path, name)
    const from = checkpoint === null || checkpoint === undefined ? null : filePosition(checkpoint)
    if (from !== null) await this.#file.checkSame(from)
    this.#bytes = from?.bytes ?? 0
    this.#line = from?.record ?? 0
    this.#lines = linesOf(this.#file.blocks(this.#bytes), this.#longest)
  }

  readItem(): unknown {
    const item = this.#take()
    return item === undefined ? this.#later() : item
  }

  /** From the lines at hand; `undefined` = they are used up, `null` = the end. */
  #take(): unknown {
    while (this.#line < this.#end) {
      const line = this.#queue[this.#next]
      if (line === undefined) return undefined
      this.#next++
      this.#line++
      this.#bytes += line.length
      if (this.#line < this.#start) continue
      const item = this.#itemOf(line)
      if (item !== undefined) return item
    }
    return null
  }

  async #later(): Promise<unknown> {
    for (;;) {
      const next = await this.#lines?.next()
      if (next === undefined || next.done === true) return null
      this.#queue = next.value
      this.#next = 0
      const item = this.#take()
      if (item !== undefined) return item
    }
  }

  /** `undefined` for an empty line. */
  #itemOf(line: Line): unknown {
    const wrong = (what: string, cause?: unknown) =>
      new JsonLineError(`${this.#file.name}, line ${this.#line}: ${what}`, { cause })
    if (line.tooLong) throw wrong(`it is longer than ${this.#longest} bytes (maxLineBytes).`)
    const marked = this.#line === 1 && line.bytes.subarray(0, BOM.length).equals(BOM)
    const text = (marked ? line.bytes.subarray(BOM.length) : line.bytes).toString()
    if (text.trim() === '') return undefined
    let item: unknown
    try {
      item = LONG_NUMBER.test(text)
        ? (JSON.parse(text, exactNumber) as unknown)
        : (JSON.parse(text) as unknown)
    } catch (error) {
      throw wrong(`it is no JSON (${(error as Error).message}).`, error)
    }
    if (item === null) throw wrong('null is no item; it would end the step.')
    return item
  }

  async checkpointInfo(): Promise<FilePosition> {
    const mark = await this.#file.mark(this.#bytes)
    return { bytes: this.#bytes, record: this.#line, line: this.#line + 1, mark }
  }

  async close(): Promise<void> {
    const lines = this.#lines
    this.#lines = null
    this.#queue = []
    this.#next = 0
    await lines?.return()
  }
}

const LONG_NUMBER = /\d{16}/

function exactNumber(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source ?? ''
  return /^-?\d+$/.test(source) ? source : value
}
