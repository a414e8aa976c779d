// Without this a job has no log, or its log can fill the disk, fail the job, or tear under two writers.
import path from 'node:path'
import { subJobPath, type SubJob } from './job-log-path.ts'
import { logGapped } from './job-log-messages.ts'
import { lineClock, type LineClock } from './line-clock.ts'
import { nameColumn, recordText, subJobDetail } from './log-line.ts'
import { LogAllowance } from './log-allowance.ts'
import type { LogSpace } from './log-space.ts'
import { openPart, type PartFile } from './part-file.ts'

/** The logger name of the engine's own messages, as in Liberty's logs. */
export const JOB_LOGGER = 'com.ibm.ws.batch.JobLogger'

export interface JobLogLimits {
  /** Records of a part before the next one begins; 0 = each record is a part of its own (as Liberty's maxRecords). */
  readonly maxRecords: number
  /** Seconds after which a part that has a record is ended; 0 = never. */
  readonly maxSeconds: number
  /** Bytes of a part before the next one begins; 0 = no limit. A longer record has a part to itself. */
  readonly maxPartBytes: number
  /** Bytes this writer may write in all its parts; 0 = no limit but that of its `space`. */
  readonly maxBytes: number
}

export const JOB_LOG_LIMITS: JobLogLimits = {
  maxRecords: 1000,
  maxSeconds: 0,
  maxPartBytes: 10 * 1024 * 1024,
  maxBytes: 256 * 1024 * 1024
}

export interface EndedPart {
  /** Relative to the root, with `/`. */
  readonly relativePath: string
  readonly bytes: number
  readonly records: number
}

export interface JobLogWriterOptions {
  /** Absolute folder of all job logs. */
  readonly root: string
  /** What `executionLogPath` gave for the execution; a `/` at its end is allowed. */
  readonly executionPath: string
  /** Of the flow or partition that writes; `{}` for the execution itself. */
  readonly subJob: SubJob
  readonly limits: JobLogLimits
  /** IANA name of the server's zone. */
  readonly zone: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Number of the last part that stands somewhere, maybe on another server's disk: a name means one part. */
  readonly partsBefore?: number
  /** What the execution, and all job logs together, may still grow by; absent = as much as they like. */
  readonly space?: LogSpace
  readonly onPart?: (relativePath: string) => void
  readonly onPartEnd?: (part: EndedPart) => void
  /** Called once in the writer's life, with the first error or cap that kept a record out. */
  readonly onTrouble?: (error: Error) => void
}

/** Bytes above its cap that a writer may use for the engine's own messages, so that a capped log says how the job ended. */
const RESERVE = 16 * 1024
const MARKER_RESERVE = 1024

/** Writes the log of one unit, synchronously; nothing it does ever throws into job code (only its constructor throws, for a zone that does not exist). */
export class JobLogWriter {
  readonly #options: JobLogWriterOptions
  readonly #folder: string
  readonly #allowance: LogAllowance
  readonly #detail: string
  readonly #stamp: LineClock
  readonly #names = new Map<string, string>()
  readonly #buffer = Buffer.allocUnsafe(16 * 1024)
  #part: PartFile | null = null
  #partNumber = 0
  #partRecords = 0
  #partOpened = 0
  #total = 0
  #overdrawn = 0
  #missing = 0
  #trouble: Error | null = null
  #closed = false

  /** Creates the first part, also when nothing will be logged: every unit has one. */
  constructor(options: JobLogWriterOptions) {
    this.#options = options
    this.#folder = path.posix.join(options.executionPath, subJobPath(options.subJob))
    this.#allowance = new LogAllowance(options.space ?? null)
    this.#detail = subJobDetail(options.subJob)
    this.#stamp = lineClock(options.zone)
    this.#partNumber = options.partsBefore ?? 0
    try {
      this.#open()
    } catch (error) {
      this.#troubled(error)
    }
  }

  /** Adds one record; a stack trace of `error` (anything job code threw) follows it. After `close` it does nothing. */
  write(loggerName: string, message: string, error?: unknown): void {
    if (this.#closed) return
    try {
      const now = this.#options.now()
      const line = this.#line(now, loggerName, recordText(String(message), error))
      this.#append(now, line, 1, loggerName === JOB_LOGGER ? RESERVE : 0)
    } catch (trouble) {
      this.#missing++
      this.#troubled(trouble)
    }
  }

  /** Ends the part when its time is over (`maxSeconds`), so that a silent job's records are handed on too. */
  tick(): void {
    if (!this.#closed && this.#timeIsOver(this.#options.now())) this.#end()
  }

  /** Ends the last part, after a marker when records are still missing. Safe to call twice. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    try {
      if (this.#missing > 0) this.#append(this.#options.now(), '', 0, RESERVE + MARKER_RESERVE)
    } catch (error) {
      this.#troubled(error)
    }
    this.#end()
    try {
      this.#allowance.giveBack()
    } catch (error) {
      this.#troubled(error)
    }
  }

  #line(now: number, loggerName: string, text: string): string {
    let column = this.#names.get(loggerName)
    if (column === undefined) {
      column = nameColumn(loggerName)
      // Loggers are few; a job that makes one up for each item must not fill the heap with their names.
      if (this.#names.size >= 500) this.#names.clear()
      this.#names.set(loggerName, column)
    }
    return this.#stamp(now) + this.#detail + column + text
  }

  /** Writes the gap marker, when one is due, and the line as one: both are in the log, or neither. */
  #append(now: number, line: string, records: number, reserve: number): void {
    const marked = this.#missing > 0 ? this.#marker(now) + line : line
    const bytes = this.#encode(marked)
    const over = this.#overCap(bytes.length, reserve)
    if (this.#part === null || this.#partIsFull(now, bytes.length)) this.#openNext()
    this.#part?.append(bytes)
    this.#total += bytes.length
    this.#overdrawn += over
    this.#allowance.spend(bytes.length, over === 0)
    this.#partRecords += records
    this.#missing = 0
  }

  #marker(now: number): string {
    return this.#line(now, JOB_LOGGER, recordText(logGapped(this.#missing, this.#trouble?.message ?? '')))
  }

  #encode(text: string): Uint8Array {
    // UTF-8 takes at most three bytes for a UTF-16 unit; one buffer for all short lines saves half the time of a line.
    if (text.length * 3 > this.#buffer.length) return Buffer.from(text)
    return this.#buffer.subarray(0, this.#buffer.write(text))
  }

  /** 0 while the caps allow these bytes, else what they draw from the reserve; throws when that is used up too. */
  #overCap(bytes: number, reserve: number): number {
    const { limits } = this.#options
    const own = limits.maxBytes === 0 ? Number.POSITIVE_INFINITY : limits.maxBytes - this.#total
    if (bytes <= own && this.#allowance.allows(bytes)) return 0
    if (this.#overdrawn + bytes <= reserve) return bytes
    const cap = bytes > own ? `one log may have ${limits.maxBytes} bytes` : this.#allowance.shortage
    throw Object.assign(new Error(cap), { code: 'JobLogCapped' })
  }

  #partIsFull(now: number, bytes: number): boolean {
    if (this.#part === null || this.#partRecords === 0) return false
    const { maxRecords, maxPartBytes } = this.#options.limits
    if (this.#partRecords >= Math.max(1, maxRecords)) return true
    return (maxPartBytes > 0 && this.#part.bytes() + bytes > maxPartBytes) || this.#timeIsOver(now)
  }

  #timeIsOver(now: number): boolean {
    const { maxSeconds } = this.#options.limits
    return maxSeconds > 0 && this.#partRecords > 0 && now - this.#partOpened >= maxSeconds * 1000
  }

  /** A part that cannot be opened (no inode, no descriptor) leaves the log in the part before it, when there is one. */
  #openNext(): void {
    try {
      this.#open()
    } catch (error) {
      if (this.#part === null) throw error
      this.#troubled(error)
    }
  }

  #open(): void {
    const directory = path.join(this.#options.root, this.#folder)
    const { file, number } = openPart(directory, this.#partNumber + 1)
    this.#end()
    this.#part = file
    this.#partNumber = number
    this.#partRecords = 0
    this.#partOpened = this.#options.now()
    this.#tell(this.#options.onPart, this.#relativePath(file))
  }

  #end(): void {
    const part = this.#part
    if (part === null) return
    this.#part = null
    try {
      part.close()
    } catch (error) {
      // Some network file systems report a full disk only here.
      this.#troubled(error)
    }
    const ended = { relativePath: this.#relativePath(part), bytes: part.bytes(), records: this.#partRecords }
    this.#partRecords = 0
    this.#tell(this.#options.onPartEnd, ended)
  }

  #relativePath(part: PartFile): string {
    return `${this.#folder}/${part.name}`
  }

  #troubled(thrown: unknown): void {
    const first = this.#trouble === null
    this.#trouble = thrown instanceof Error ? thrown : new Error(String(thrown))
    if (first) this.#tell(this.#options.onTrouble, this.#trouble)
  }

  #tell<T>(callback: ((told: T) => void) | undefined, told: T): void {
    try {
      callback?.(told)
    } catch {
      // Job code called us, and it must not meet the troubles of those who listen to its log.
    }
  }
}
