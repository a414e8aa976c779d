// Without this nobody could read a job log over HTTP, least of all a big one, or one whose job still writes.
import type { Readable } from 'node:stream'
import { logPartOpener, type OpenPart } from './open-log-part.ts'
import { ReadBuffers } from './read-buffers.ts'
import { TextStream } from './text-stream.ts'

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
 * The parts one after another, each up to the size it has when the one before it is sent, however much is written meanwhile.
 * Memory is constant; destroying the stream closes the open files. A part that is gone or cut short ends it with an error.
 */
export function streamText(
  root: string,
  entries: JobLogEntries,
  { frame }: { readonly frame: boolean }
): Readable {
  const buffers = new ReadBuffers()
  return new TextStream(text(root, entries, frame, buffers), piece => buffers.sent(piece))
}

async function* text(
  root: string,
  entries: JobLogEntries,
  frame: boolean,
  buffers: ReadBuffers
): AsyncGenerator<Uint8Array, void, void> {
  const parts = openParts(root, entries)
  // Opened while the one before it is sent: each way to the disk and back takes as long as sending a part.
  let next = parts.next()
  let closed: Promise<unknown> = Promise.resolve()
  // Goes with the part behind it: what is sent for itself costs as much as a part.
  let head = ''
  try {
    for (;;) {
      const { done, value } = await next
      if (done === true) break
      next = parts.next()
      next.catch(() => {})
      const { name, part } = value
      if (frame) head += `xxxxx Begin file: ${name} xxxxxxxxxxxxxxxxxx\n`
      try {
        yield* part.chunks(Buffer.from(head), buffers)
      } finally {
        closed = Promise.all([closed, part.close()])
      }
      head = frame ? `\nxxxxx End file: ${name} xxxxxxxxxxxxxxxxxx\n` : ''
    }
    if (head !== '') yield Buffer.from(head)
  } finally {
    const ahead = await next.catch(() => null)
    if (ahead !== null && ahead.done !== true) await ahead.value.part.close()
    await parts.return()
    await closed
  }
}

async function* openParts(
  root: string,
  entries: JobLogEntries
): AsyncGenerator<{ readonly name: string; readonly part: OpenPart }, void> {
  const openPart = logPartOpener(root)
  for await (const { relativePath, name, open } of entries) {
    const part = open === undefined ? await openPart(relativePath) : await open()
    if (part !== null) yield { name, part }
  }
}
