// A file that is read from any byte on, block by block, and that a restart knows again; readers know no file system but this.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ReaderEndedError } from '../../batch/reader-ended-error.ts'

/** What the readers of files keep as their checkpoint. */
export interface FilePosition {
  /** Where the next record begins; of a .gz the bytes of what is in it. */
  readonly bytes: number
  /** Records or lines behind the reader, malformed ones too. */
  readonly record: number
  /** The line that the next record begins in, 1 = the first. */
  readonly line: number
  /** Tells this file from another, up to here: what stands in front of `bytes`. */
  readonly mark: string
}

const BLOCK = 64 * 1024
/** Bytes in front of a position by which a restart knows the file again: what comes behind may have been corrected. */
const MARKED = 1024

export class InputFile {
  /** As its messages name it: what the property says, not where links lead. */
  readonly name: string
  readonly #path: string
  readonly #zipped: boolean

  private constructor(path: string, name: string) {
    this.#path = path
    this.name = name
    this.#zipped = path.endsWith('.gz')
  }

  /** `path` = what BuiltInLimits.checkFile gave. @throws Error when it is not there, or is no file (a pipe would be waited for) */
  static async at(path: string, name: string): Promise<InputFile> {
    const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
      throw new Error(
        `${name} cannot be read: ${cause.code === 'ENOENT' ? 'it is not there' : cause.message}.`,
        { cause }
      )
    })
    if (!found.isFile()) throw new Error(`${name} is not a file.`)
    return new InputFile(path, name)
  }

  /** Blocks of bytes from `bytes` on; whoever stops early calls return(). A .gz is unpacked from its beginning and dropped. */
  async *blocks(bytes: number): AsyncGenerator<Buffer, void> {
    const raw = createReadStream(this.#path, { start: this.#zipped ? 0 : bytes, highWaterMark: BLOCK })
    const stream = this.#zipped ? pipeline(raw, createGunzip({ chunkSize: BLOCK }), () => {}) : raw
    let toDrop = this.#zipped ? bytes : 0
    try {
      for await (const block of stream as AsyncIterable<Buffer>) {
        if (toDrop >= block.length) toDrop -= block.length
        else {
          yield toDrop > 0 ? block.subarray(toDrop) : block
          toDrop = 0
        }
      }
    } catch (cause) {
      // Skipped as an error of one record, it would make the rest of the file look like its end.
      throw new ReaderEndedError(`${this.name} cannot be read: ${(cause as Error).message}.`, { cause })
    } finally {
      stream.destroy()
      raw.destroy()
    }
  }

  /** For FilePosition.mark. A .gz is known by its size, for it cannot be read in the middle. */
  async mark(bytes: number): Promise<string> {
    const file = await open(this.#path)
    try {
      const { size } = await file.stat()
      if (this.#zipped) return `size ${size}`
      const length = Math.min(bytes, MARKED)
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, bytes - length)
      return bytesRead < length ? 'shorter' : createHash('sha256').update(buffer).digest('base64')
    } finally {
      await file.close()
    }
  }

  /** @throws Error when the file is not the one that was read up to this position */
  async checkSame(position: FilePosition): Promise<void> {
    const mark = await this.mark(position.bytes)
    if (mark === position.mark) return
    throw new Error(
      mark === 'shorter'
        ? `${this.name} is shorter than it was at the last checkpoint (record ${position.record}, byte ${position.bytes}).`
        : `${this.name} is not the file that was read up to the last checkpoint: what stands before byte ${position.bytes} (record ${position.record}) has changed.`
    )
  }
}

/** @throws Error for a checkpoint of something else */
export function filePosition(checkpoint: unknown): FilePosition {
  const given = checkpoint as Partial<FilePosition>
  const counts = [given.bytes, given.record, given.line]
  if (counts.every(one => Number.isSafeInteger(one) && one! >= 0) && typeof given.mark === 'string')
    return given as FilePosition
  throw new Error('The checkpoint is not one of this reader.')
}
