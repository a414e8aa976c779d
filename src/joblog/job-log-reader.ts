// Without this nobody could read a job log over HTTP, least of all a big one, or one whose job still writes.
import { Readable } from 'node:stream'
import { logPartOpener, type OpenPart } from './open-log-part.ts'

/** One part to be sent: where it lies, relative to the root of the job logs, and what it is called in frames and zips. */
export interface JobLogEntry {
  readonly relativePath: string
  readonly name: string
  /** Where it does not lie below the root: opens it; `null` = it is gone, and is left out. */
  readonly open?: () => Promise<OpenPart | null>
}

export type JobLogEntries = Iterable<JobLogEntry> | AsyncIterable<JobLogEntry>

/**
 * What `streamText` and `streamZip` need for parts out of `listParts`. `shownFrom` says how much of the path stands in
 * frames and zips: `execution.E/…` in an execution's answer, `instance.I/execution.E/…` in an instance's.
 */
export function logEntries(
  executionPath: string,
  parts: readonly string[],
  shownFrom: 'execution' | 'instance'
): readonly JobLogEntry[] {
  const folders = executionPath.split('/').filter(folder => folder !== '')
  const shown = folders.slice(shownFrom === 'execution' ? -1 : -2).join('/')
  return parts.map(part => ({ relativePath: `${folders.join('/')}/${part}`, name: `${shown}/${part}` }))
}

/**
 * The parts one after another, each up to the size it has when its turn comes, however much is written meanwhile. Memory
 * is constant; destroying the stream closes the open file. A part that is gone or cut short ends it with an error.
 */
export function streamText(
  root: string,
  entries: JobLogEntries,
  { frame }: { readonly frame: boolean }
): Readable {
  return Readable.from(text(root, entries, frame), { objectMode: false, highWaterMark: 64 * 1024 })
}

async function* text(root: string, entries: JobLogEntries, frame: boolean): AsyncGenerator<Uint8Array> {
  const openPart = logPartOpener(root)
  for await (const { relativePath, name, open } of entries) {
    const part = open === undefined ? await openPart(relativePath) : await open()
    if (part === null) continue
    try {
      if (frame) yield Buffer.from(`xxxxx Begin file: ${name} xxxxxxxxxxxxxxxxxx\n`)
      yield* part.chunks()
      if (frame) yield Buffer.from(`\nxxxxx End file: ${name} xxxxxxxxxxxxxxxxxx\n`)
    } finally {
      await part.close()
    }
  }
}
