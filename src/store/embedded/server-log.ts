// Without this file Postgres' own log would go nowhere, or grow without bound beside the data.
import { copyFile, open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface OpenedLog {
  /** Handed to the Postgres process as its stdout and stderr. */
  readonly descriptor: number
  /** What was written since it was opened. */
  outputSince(): Promise<string>
  close(): Promise<void>
}

/** The file `postgres.log`, and `postgres.log.1` before it. */
export interface ServerLog {
  readonly path: string
  open(): Promise<OpenedLog>
  /** Looks at the size from time to time until `stopWatching`; keeps no process alive. */
  watch(): void
  stopWatching(): void
}

const MEGABYTE = 1024 * 1024
const WATCH_MILLISECONDS = 60_000

/** Postgres' log in `home`, at most about twice `limit` bytes (and what a minute brings): it is set back to empty above that. */
export function createServerLog(home: string, limit = 10 * MEGABYTE): ServerLog {
  const path = join(home, 'postgres.log')
  let timer: NodeJS.Timeout | undefined
  return {
    path,
    async open() {
      await bound(path, limit)
      const file = await open(path, 'a+', 0o600)
      const { size: start, uid } = await file.stat()
      const owner = await stat(home)
      if (uid === 0 && owner.uid !== 0) await file.chown(owner.uid, owner.gid) // so that its owner can start it next time
      return {
        descriptor: file.fd,
        outputSince: async () => readFrom(path, start),
        close: () => file.close()
      }
    },
    watch() {
      // A full disk is said where it hurts, by the next statement; the log is no reason to stop the server.
      timer ??= setInterval(() => void bound(path, limit).catch(() => undefined), WATCH_MILLISECONDS).unref()
    },
    stopWatching() {
      clearInterval(timer)
    }
  }
}

async function bound(path: string, limit: number): Promise<void> {
  const found = await stat(path).catch(() => null) // the first start
  if (found === null || found.size <= limit) return
  // Copied and emptied, not renamed: Postgres has it open, for appending, so it goes on at the new end.
  await rm(`${path}.1`, { force: true })
  await copyFile(path, `${path}.1`)
  const file = await open(path, 'r+')
  await file.truncate(0).finally(() => file.close())
}

async function readFrom(path: string, start: number): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const length = Math.min(Math.max(size - start, 0), MEGABYTE)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}
