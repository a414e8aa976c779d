// A file that an administrator changes while the server runs: read again when it is another, and the old content kept when the
// new one cannot be used. Asked when it is needed, so that there is no watcher to start, to stop or to lose.
import { readFile, stat } from 'node:fs/promises'
import type { Clock } from '../service/clock.ts'

/** A change is seen this long after it at the latest. */
const LOOK_EVERY_MS = 1000

export interface WatchedFile<T> {
  /** What the file says now, or said when it was last usable. */
  current(): Promise<T>
}

export interface WatchedFileOptions<T> {
  readonly path: string
  /** Throws when the content cannot be used. */
  readonly parse: (content: Buffer) => T
  readonly clock: Clock
  /** The new content is used from now on. */
  readonly onChange: (content: T, mode: number) => void
  /** The file is away or cannot be used; told once for each state of it. */
  readonly onFailure: (error: Error) => void
}

/** Rejects when the file cannot be used at the start. */
export async function watchFile<T>(options: WatchedFileOptions<T>): Promise<WatchedFile<T>> {
  const { path, parse, clock } = options
  let seen = await signatureOf(path)
  let content = parse(await readFile(path))
  options.onChange(content, seen.mode)
  let lookedAt = clock.now()
  let looking: Promise<void> | null = null
  let lastFailure = ''

  const look = async () => {
    let state = 'away'
    try {
      const found = await signatureOf(path)
      state = found.text
      if (state === seen.text || state === lastFailure) return
      content = parse(await readFile(path))
      seen = found
      lastFailure = ''
      options.onChange(content, found.mode)
    } catch (error) {
      if (state === lastFailure) return
      lastFailure = state
      options.onFailure(error as Error)
    }
  }
  return {
    async current() {
      // A clock that was set back must not keep an old file for hours.
      if (looking === null && Math.abs(clock.now() - lookedAt) >= LOOK_EVERY_MS) {
        lookedAt = clock.now()
        looking = look().finally(() => (looking = null))
      }
      await looking
      return content
    }
  }
}

/** Changes with every write and every replacement, also within one tick of the file system's clock and of the same length. */
export async function signatureOf(path: string): Promise<{ readonly text: string; readonly mode: number }> {
  const { ino, size, mtimeNs, ctimeNs, mode } = await stat(path, { bigint: true })
  return { text: [ino, size, mtimeNs, ctimeNs].join(' '), mode: Number(mode & 0o777n) }
}
