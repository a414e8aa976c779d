// Without this text and zip would each have their own idea of where a growing part ends and which links are refused.
import { constants } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'
import type { ReadBuffers } from './read-buffers.ts'

/** A usual part in one read: each is a way to another thread and back. */
const CHUNK = 256 * 1024

/** A part opened for reading, of the size it had then. Whoever opened it closes it. */
export interface OpenPart {
  readonly modified: Date
  /**
   * `head`, and the bytes up to that size; throws when the file has become shorter. Each piece is memory of its own, or out of
   * `buffers` and its reader's until he gives it back to them.
   */
  readonly chunks: (head?: Uint8Array, buffers?: ReadBuffers) => AsyncGenerator<Uint8Array>
  readonly close: () => Promise<void>
}

/** Opens a part by its path relative to the root; refuses what lies elsewhere, links, and what is no file. */
export async function openLogPart(root: string, relativePath: string): Promise<OpenPart> {
  return await logPartOpener(root)(relativePath)
}

/** As `openLogPart`, for parts one after the other: where a folder really lies is asked once for those that share it. */
export function logPartOpener(root: string): (relativePath: string) => Promise<OpenPart> {
  let folder = { path: '', real: '' }
  return async relativePath => {
    const file = path.join(root, relativePath)
    if (path.dirname(file) !== folder.path) folder = await realFolder(root, path.dirname(file), relativePath)
    return await openFile(path.join(folder.real, path.basename(file)), relativePath)
  }
}

async function realFolder(root: string, folder: string, relativePath: string) {
  const [realRoot, real] = await Promise.all([fs.realpath(root), fs.realpath(folder)])
  if (!real.startsWith(realRoot + path.sep)) throw new Error(`not a job log part: ${relativePath}`)
  return { path: folder, real }
}

/** A path without links but perhaps the last name, which is not followed. */
async function openFile(file: string, relativePath: string): Promise<OpenPart> {
  // NONBLOCK: a pipe somebody put there would keep an open waiting for ever.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await fs.open(file, flags).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ELOOP' ? new Error(`not a job log part: ${relativePath}`, { cause: error }) : error
  })
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) throw new Error(`not a job log part: ${relativePath}`)
    return {
      modified: stat.mtime,
      chunks: (head = new Uint8Array(), buffers) =>
        chunks(handle, { size: stat.size, relativePath, head, buffers }),
      close: () => handle.close()
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function* chunks(
  handle: fs.FileHandle,
  part: {
    readonly size: number
    readonly relativePath: string
    readonly head: Uint8Array
    readonly buffers: ReadBuffers | undefined
  }
): AsyncGenerator<Uint8Array> {
  const { size, relativePath, head, buffers } = part
  if (size === 0 && head.length > 0) yield head
  for (let position = 0; position < size;) {
    const before = position === 0 ? head.length : 0
    // Never the one before: it may still wait in a socket's queue.
    const length = before + Math.min(CHUNK, size - position)
    const buffer = buffers?.take(length) ?? Buffer.allocUnsafe(length)
    buffer.set(head.subarray(0, before))
    const { bytesRead } = await handle.read(buffer, before, buffer.length - before, position)
    if (bytesRead === 0) throw new Error(`job log part ${relativePath} became shorter while it was read`)
    position += bytesRead
    yield buffer.subarray(0, before + bytesRead)
  }
}
