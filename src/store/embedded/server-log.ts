// Without this file Postgres' own log would go nowhere, or grow without bound beside the data.
import { constants, copyFile, lstat, open, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

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
      const file = await openPlain(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT)
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
  const found = await lstat(path).catch(() => null) // the first start
  if (!found?.isFile() || found.size <= limit) return
  // Copied and emptied, not renamed: Postgres has it open, for appending, so it goes on at the new end.
  await rm(`${path}.1`, { force: true })
  await copyFile(path, `${path}.1`, constants.COPYFILE_EXCL)
  const file = await openPlain(path, constants.O_RDWR)
  await file.truncate(0).finally(() => file.close())
}

// Root may start the database of another user, who could put a link to a file of root's here: it would be written and given away.
async function openPlain(path: string, flags: number): Promise<FileHandle> {
  const file = await open(path, flags | (constants.O_NOFOLLOW ?? 0), 0o600).catch(
    (error: NodeJS.ErrnoException) => {
      throw error.code === 'ELOOP' ? notPlain(path) : error
    }
  )
  const found = await file.stat()
  if (found.isFile() && found.nlink === 1) return file
  await file.close()
  throw notPlain(path)
}

function notPlain(path: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(`The log of Postgres, ${path}, is a link or no file; remove it`)
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
