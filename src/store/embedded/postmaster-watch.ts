// Without this file a server whose Postgres is gone would show refused connections for ever, and never say why.
import { lstat } from 'node:fs/promises'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { processIdentity } from './process-identity.ts'

const WATCH_MILLISECONDS = 1_000

/**
 * Calls `onEnd` once, within about a second, when the postmaster ends, with why as far as can be told. Keeps no process alive.
 * Returns what stops watching. An adopted postmaster is no child of ours and has no exit event, so both kinds are looked at.
 */
export function watchPostmaster(
  pid: number,
  cluster: string,
  logPath: string,
  onEnd: (error: EmbeddedPostgresError) => void
): () => void {
  const identity = processIdentity(pid)
  let watching = true
  const stopWatching = (): void => {
    watching = false
    clearInterval(timer)
  }
  const look = async (): Promise<void> => {
    if (processIdentity(pid) === identity) return
    clearInterval(timer)
    const error = await reasonOfEnd(pid, cluster, logPath)
    if (!watching) return // stopped while we looked
    watching = false
    onEnd(error)
  }
  const timer = setInterval(() => void look(), WATCH_MILLISECONDS).unref()
  return stopWatching
}

async function reasonOfEnd(pid: number, cluster: string, logPath: string): Promise<EmbeddedPostgresError> {
  const deleted = (await lstat(cluster).catch(() => null)) === null
  const reason = deleted
    ? `its data directory ${cluster} was deleted; start again, with an empty database, or bring the directory back before`
    : `nobody here stopped it; its log ${logPath} may say why; start again: it recovers what was committed`
  return new EmbeddedPostgresError(`The embedded Postgres (process ${pid}) has ended: ${reason}`)
}
