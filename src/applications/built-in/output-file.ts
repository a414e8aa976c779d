// A file that a chunk step appends to, so that a restart neither loses nor doubles a line: what no checkpoint covers is cut off.
import { type FileHandle, mkdir, open, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Injected } from '../../batch/artifacts.ts'
import { removeMark, setMark } from './writing-mark.ts'

export const WHEN_EXISTS = ['fail', 'overwrite', 'append'] as const
export type WhenExists = (typeof WHEN_EXISTS)[number]

/** In the mark of a run that went on from a checkpoint: what was before is in the first one's. */
const LATER = -1

export interface OutputFileOptions {
  /** What BuiltInLimits.checkFile gave. */
  readonly path: string
  /** As messages name it. */
  readonly name: string
  readonly whenExists: WhenExists
  readonly injected: Injected
}

/** Between open and close of one writer. */
export class OutputFile {
  readonly #options: OutputFileOptions
  readonly #file: FileHandle
  /** Length without what this instance writes; `null` = there was no file. */
  readonly #before: number | null
  /** Length that the last commit covers; `null` = none of this instance does. */
  #committed: number | null
  /** Given out as a checkpoint, with the number of commits before it: whether it stands is known by the next one. */
  #offered: { readonly bytes: number; readonly commits: number } | null = null
  #bytes: number
  #synced: number

  private constructor(
    options: OutputFileOptions,
    file: FileHandle,
    before: number | null,
    at: number,
    committed: boolean
  ) {
    this.#options = options
    this.#file = file
    this.#before = before
    this.#bytes = at
    this.#synced = committed ? at : -1
    this.#committed = committed ? at : null
  }

  /**
   * Cut to `checkpoint` bytes, or begun as `whenExists` says (`null`).
   * @throws Error when the file is not there, is shorter or longer than the checkpoint says, exists (fail), or is being
   * written by somebody else
   */
  static async open(options: OutputFileOptions, checkpoint: number | null): Promise<OutputFile> {
    return checkpoint === null ? await begun(options) : await continued(options, checkpoint)
  }

  static made(
    options: OutputFileOptions,
    file: FileHandle,
    before: number | null,
    at: number,
    committed: boolean
  ): OutputFile {
    return new OutputFile(options, file, before, at, committed)
  }

  get bytes(): number {
    return this.#bytes
  }

  /** All of it or, when it fails, nothing: a write that is skipped must leave no half line. */
  async append(data: Buffer): Promise<void> {
    this.#settle()
    try {
      for (let done = 0; done < data.length;) {
        const { bytesWritten } = await this.#file.write(data, done, data.length - done, this.#bytes + done)
        done += bytesWritten
      }
    } catch (cause) {
      await this.#file.truncate(this.#bytes).catch(() => {})
      throw new Error(`${this.#options.name} cannot be written: ${(cause as Error).message}.`, { cause })
    }
    this.#bytes += data.length
  }

  /** On the disk before it is told: whatever is killed, the file never has less than its checkpoint says. */
  async checkpoint(): Promise<number> {
    this.#settle()
    if (this.#synced !== this.#bytes) await this.#file.datasync()
    this.#synced = this.#bytes
    this.#offered = { bytes: this.#bytes, commits: this.#commits() }
    return this.#bytes
  }

  /** Lines that no commit covers go; without any commit the file is as it was before. */
  async close(): Promise<void> {
    this.#settle()
    const { path } = this.#options
    try {
      const length = this.#committed ?? this.#before
      if (length === null) await unlink(path)
      else if ((await this.#file.stat()).size > length) await this.#file.truncate(length)
      await this.#file.datasync()
    } finally {
      await this.#file.close()
    }
    await removeMark(path)
  }

  #settle(): void {
    if (this.#offered === null || this.#commits() <= this.#offered.commits) return
    this.#committed = this.#offered.bytes
    this.#offered = null
  }

  /** The step's counter moves when a commit stands, and with nothing else. */
  #commits(): number {
    return this.#options.injected.stepContext.metrics.COMMIT_COUNT
  }
}

async function begun(options: OutputFileOptions): Promise<OutputFile> {
  const { path, name, whenExists, injected } = options
  await mkdir(dirname(path), { recursive: true })
  const size = await sizeOf(path, name)
  const { mark } = await setMark(path, name, injected, size)
  const before = mark.before === LATER ? size : mark.before
  try {
    if (whenExists === 'fail' && before !== null)
      throw new Error(
        `${name} exists already; whenExists says what is to be done: fail, overwrite or append.`
      )
    const file = await open(path, before === null ? 'w+' : 'r+')
    const begin = whenExists === 'append' ? (before ?? 0) : 0
    await file.truncate(begin)
    await syncFolder(path)
    // What was overwritten does not come back: a step that ends before its first commit leaves an empty file.
    return OutputFile.made(options, file, before === null ? null : begin, begin, false)
  } catch (error) {
    await removeMark(path)
    throw error
  }
}

async function continued(options: OutputFileOptions, checkpoint: number): Promise<OutputFile> {
  const { path, name, injected } = options
  const size = await sizeOf(path, name)
  const at = `at the last checkpoint (${checkpoint} bytes)`
  if (size === null)
    throw new Error(`${name} is not there any more; a restart goes on with it as it was ${at}.`)
  if (size < checkpoint) throw new Error(`${name} has ${size} bytes, less than ${at}.`)
  const { made } = await setMark(path, name, injected, LATER)
  // Without a mark the last run closed the file, and cut it to its checkpoint.
  if (made && size > checkpoint) {
    await removeMark(path)
    throw new Error(`${name} has ${size} bytes, more than ${at}: something else has written to it since.`)
  }
  const file = await open(path, 'r+')
  await file.truncate(checkpoint)
  return OutputFile.made(options, file, checkpoint, checkpoint, true)
}

async function sizeOf(path: string, name: string): Promise<number | null> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (found !== null && !found.isFile()) throw new Error(`${name} is not a file.`)
  return found?.size ?? null
}

/** A new file's name is on the disk only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
