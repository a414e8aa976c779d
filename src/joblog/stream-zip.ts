// Without this a job log could only be downloaded as text, and its folders would be lost.
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ZipArchive } from 'archiver'
import type { JobLogEntries } from './job-log-reader.ts'
import { logPartOpener, type OpenPart } from './open-log-part.ts'

/**
 * A zip of the parts under their names, compressed on the way: one file is open at a time and memory is constant. No parts
 * make an empty zip. As `streamText` it opens nothing before it is read, takes each part at the size it has when its turn
 * comes, closes up when destroyed, and ends with an error when a part is gone.
 */
export function streamZip(root: string, entries: JobLogEntries): Readable {
  return Readable.from(zipped(root, entries), { objectMode: false, highWaterMark: 64 * 1024 })
}

// Lazy on purpose: Node ends the process for a file handle that is forgotten, e.g. by a reply that was never sent.
async function* zipped(root: string, entries: JobLogEntries): AsyncGenerator<Uint8Array> {
  const archiver = await import('archiver')
  const output = new PassThrough()
  void fill(root, entries, new archiver.ZipArchive(), output)
  yield* output
}

async function fill(
  root: string,
  entries: JobLogEntries,
  archive: ZipArchive,
  output: PassThrough
): Promise<void> {
  const gone = new AbortController()
  const sent = pipeline(archive, output).finally(() => gone.abort())
  // Heard below, by `await sent`; before that, an error of the archive must not count as unhandled.
  sent.catch(() => {})
  try {
    const openPart = logPartOpener(root)
    for await (const entry of entries)
      await append(entry.open ?? (() => openPart(entry.relativePath)), entry.name, archive, gone.signal)
    archive.finalize().catch(() => {})
    await sent
  } catch (error) {
    output.destroy(
      gone.signal.aborted ? undefined : error instanceof Error ? error : new Error(String(error))
    )
  }
}

async function append(
  open: () => Promise<OpenPart | null>,
  name: string,
  archive: ZipArchive,
  gone: AbortSignal
): Promise<void> {
  gone.throwIfAborted()
  const part = await open()
  if (part === null) return
  const source = Readable.from(part.chunks(), { objectMode: false })
  try {
    // The archiver does not notice when its source fails and would wait for the entry's end for ever; `once` does.
    const read = once(source, 'close', { signal: gone })
    const added = once(archive, 'entry', { signal: gone })
    archive.append(source, { name, date: part.modified })
    await Promise.all([read, added])
  } finally {
    source.destroy()
    await part.close()
  }
}
