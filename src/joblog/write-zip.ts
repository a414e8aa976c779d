// A zip on disk that is complete or not there: written beside its place, read back, and only then given its name.
import { createWriteStream } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import type { JobLogEntry } from './job-log-reader.ts'
import { openLogPart } from './open-log-part.ts'
import { streamZip } from './stream-zip.ts'
import { type EntrySum, verifyZip } from './verify-zip.ts'

/** An entry made of pieces of text. */
export interface TextEntry {
  readonly name: string
  readonly text: () => AsyncIterable<string>
}

/** Each opened when its turn comes; `modified`: of texts. Rejects when a part is gone, or what stands on disk is not what was read. */
export async function writeZip(
  root: string,
  file: string,
  entries: Iterable<JobLogEntry | TextEntry>,
  modified: Date
): Promise<{ readonly bytes: number }> {
  const sums = new Map<string, EntrySum>()
  const beside = `${file}.part`
  try {
    await pipeline(streamZip(root, counted(root, entries, modified, sums)), createWriteStream(beside))
    await synced(beside)
    await verifyZip(beside, sums)
    await fs.rename(beside, file)
    await synced(path.dirname(file))
    return { bytes: (await fs.stat(file)).size }
  } catch (error) {
    await fs.rm(beside, { force: true })
    throw error
  }
}

function* counted(
  root: string,
  entries: Iterable<JobLogEntry | TextEntry>,
  modified: Date,
  sums: Map<string, EntrySum>
): Generator<JobLogEntry> {
  for (const entry of entries)
    yield {
      name: entry.name,
      relativePath: 'relativePath' in entry ? entry.relativePath : '',
      async open() {
        if ('text' in entry)
          return {
            modified,
            chunks: () => summed(entry.name, bytesOf(entry.text()), sums),
            close: async () => {}
          }
        const part = await openLogPart(root, entry.relativePath)
        return { ...part, chunks: () => summed(entry.name, part.chunks(), sums) }
      }
    }
}

async function* bytesOf(text: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const piece of text) yield Buffer.from(piece)
}

async function* summed(
  name: string,
  chunks: AsyncIterable<Uint8Array>,
  sums: Map<string, EntrySum>
): AsyncGenerator<Uint8Array> {
  let [bytes, crc] = [0, 0]
  for await (const chunk of chunks) {
    bytes += chunk.length
    crc = crc32(chunk, crc)
    yield chunk
  }
  sums.set(name, { bytes, crc })
}

/** A crash of the machine must not lose what was said to be kept. */
async function synced(place: string): Promise<void> {
  const handle = await fs.open(place, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
