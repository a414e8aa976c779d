// What a command prints: lines with Liberty's message codes for people and their scripts, or one JSON document for programs.
import { LiveArea } from './live-area.ts'
import { oneLine, printable } from './printable.ts'

export interface ReportOptions {
  readonly json: boolean
  readonly clock: { readonly now: () => number }
}

export class Report {
  readonly #options: ReportOptions
  /** Where messages go: with `--json` standard output belongs to the document. */
  readonly stream: NodeJS.WriteStream
  /** Null where nobody looks: in a pipe or a file. */
  readonly live: LiveArea | null
  readonly #document: Record<string, unknown> = {}

  constructor(options: ReportOptions) {
    this.#options = options
    this.stream = options.json ? process.stderr : process.stdout
    this.live = this.stream.isTTY ? new LiveArea(this.stream) : null
  }

  get json(): boolean {
    return this.#options.json
  }

  /** `code`: Liberty's; null for what it does not say. */
  message(code: string | null, text: string): void {
    this.#print(`[${this.#time()}] ${code === null ? '' : `${code}: `}${oneLine(text)}\n`)
  }

  /** As received, but for its links. */
  instance(record: Readonly<Record<string, unknown>>): void {
    this.#record('CWWKY0106I: JobInstance', record)
  }

  execution(record: Readonly<Record<string, unknown>>): void {
    this.#record('CWWKY0107I: JobExecution', record)
  }

  /** A field of the JSON document; without `--json` nothing. */
  add(name: string, value: unknown): void {
    this.#document[name] = value
  }

  /** On standard error, so that no script takes it for an answer. */
  warning(text: string): void {
    process.stderr.write(`[${this.#time()}] Warning: ${oneLine(text)}\n`)
  }

  /** On standard error; `bare`: without time and word, as Liberty's client tells of an unknown instance. */
  error(message: string, bare: boolean): void {
    this.live?.clear()
    process.stderr.write(
      bare ? `${printable(message)}\n` : `[${this.#time()}] Error: ${printable(message)}\n`
    )
  }

  end(): void {
    this.live?.clear()
    if (this.#options.json) process.stdout.write(`${JSON.stringify(this.#document)}\n`)
  }

  #record(head: string, { _links: _, ...fields }: Readonly<Record<string, unknown>>): void {
    // The document has them.
    if (this.#options.json) return
    this.#print(`[${this.#time()}] ${head}:${printable(JSON.stringify(fields))}\n`)
  }

  #print(line: string): void {
    if (this.live === null) this.stream.write(line)
    else this.live.above(line)
  }

  /** `2026/11/24 17:34:48.123 +0900`, by the clock and in the zone of this machine. */
  #time(): string {
    const date = new Date(this.#options.clock.now())
    const offset = -date.getTimezoneOffset()
    const local = new Date(date.getTime() + offset * 60_000).toISOString()
    const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`
    return `${local.slice(0, 10).replaceAll('-', '/')} ${local.slice(11, 23)} ${zone}`
  }
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
