// Without this two threads (or a resumed unit and its predecessor) could write into one file and tear each other's lines.
import fs from 'node:fs'
import path from 'node:path'

export const PART_NAME = /^part\.(\d{1,9})\.log$/

/** One open `part.k.log`: only its opener writes it, and a record is in it whole or not at all. */
export interface PartFile {
  /** `part.k.log` */
  readonly name: string
  readonly bytes: () => number
  /** Appends all bytes, or throws and leaves the file as it was. */
  readonly append: (bytes: Uint8Array) => void
  readonly close: () => void
}

/**
 * Opens the first free part at or after `first` in `directory` (absolute, made when missing). `first` is taken as the
 * number after the highest present one when it is taken itself. Throws what the file system throws.
 */
export function openPart(
  directory: string,
  first: number
): { readonly file: PartFile; readonly number: number } {
  let number = first
  for (let pruned = 0; ;) {
    const name = `part.${number}.log`
    try {
      // a: appended wherever the end is after a torn record was cut off; x: never a file that exists, never a link.
      return { file: partFile(fs.openSync(path.join(directory, name), 'ax'), name), number }
    } catch (error) {
      const code = codeOf(error)
      if (code === 'EEXIST') number = Math.max(number, highestPart(directory)) + 1
      // A purge next door may prune a folder between its making and the open.
      else if (code === 'ENOENT' && pruned++ < 5) fs.mkdirSync(directory, { recursive: true })
      else throw error
    }
  }
}

function highestPart(directory: string): number {
  let highest = 0
  for (const name of fs.readdirSync(directory))
    highest = Math.max(highest, Number(PART_NAME.exec(name)?.[1] ?? 0))
  return highest
}

function partFile(descriptor: number, name: string): PartFile {
  let bytes = 0
  const append = (record: Uint8Array): void => {
    let written = 0
    try {
      // A disk that fills up in the middle writes a part of it, and says why only the next time.
      while (written < record.length)
        written += fs.writeSync(descriptor, record, written, record.length - written)
    } catch (error) {
      if (written > 0) untear(descriptor, bytes)
      throw error
    }
    bytes += written
  }
  return { name, bytes: () => bytes, append, close: () => fs.closeSync(descriptor) }
}

function untear(descriptor: number, length: number): void {
  try {
    fs.ftruncateSync(descriptor, length)
  } catch {
    // The write's own error follows; a torn record is then the least of this disk's troubles.
  }
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'unknown error'
}
