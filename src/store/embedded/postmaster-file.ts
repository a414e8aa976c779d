// Without this file a Postgres left alive by a killed server would not be recognized, or a stranger with its old number would be.
import { readlinkSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ANONYMOUS, processCommand, processIdentity } from './process-identity.ts'

/** What `postmaster.pid` says about the Postgres that runs, or ran, on a cluster. */
export interface PostmasterFile {
  readonly pid: number
  readonly port: number
  /** `starting`, `ready`, `stopping`, `standby` or, in its first moments, empty. */
  readonly status: string
}

/** Whose process a pid is: the postmaster of the cluster, surely somebody else's, nobody's, or there is no telling. */
export type PidOwner = 'postmaster' | 'stranger' | 'nobody' | 'unknown'

/** Reads `postmaster.pid`; null when there is none or it is just being written. */
export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | null> {
  try {
    const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n')
    const [pid, port] = [Number(lines[0]), Number(lines[3])]
    if (!Number.isSafeInteger(pid) || pid <= 0) return null
    return { pid, port, status: lines[7]?.trim() ?? '' }
  } catch (error) {
    // EBUSY, EPERM: Windows, while Postgres writes it
    if (['ENOENT', 'EBUSY', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}

/** Says whose process `pid` is. `cluster` is a real path. */
export function pidOwner(pid: number, cluster: string): PidOwner {
  const identity = processIdentity(pid)
  if (identity === null) return 'nobody'
  const command = processCommand(pid)
  if (command === null) return 'unknown'
  if (!/postgres/.test(command)) return 'stranger'
  try {
    // A postmaster works in its data directory. The link follows a renamed directory, its command line does not.
    // Of a deleted one it says so, and a Postgres that nobody could end would stay for as long as it does not notice.
    const directory = readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '')
    return directory === cluster ? 'postmaster' : 'stranger'
  } catch {
    // No /proc, or another user's process. A new process may have taken the number since, then it is nobody's again.
    if (identity !== ANONYMOUS && processIdentity(pid) !== identity) return 'nobody'
    return command.includes(cluster) ? 'postmaster' : 'unknown'
  }
}

/**
 * Removes a `postmaster.pid` whose number has gone to a stranger or belongs to a zombie (a container's first process may never
 * collect them): Postgres would see a live process and refuse to start. Never when the process may be a postmaster, and not while
 * any process still works in the cluster, be it an orphan of a killed postmaster: two of them on one directory destroy it.
 */
export async function removeDeadFile(cluster: string): Promise<void> {
  const file = await readPostmasterFile(cluster)
  if (file === null) return
  const owner = pidOwner(file.pid, cluster)
  if (owner === 'postmaster' || owner === 'unknown' || (await isWorkedIn(cluster))) return
  await rm(join(cluster, 'postmaster.pid'), { force: true })
}

async function isWorkedIn(cluster: string): Promise<boolean> {
  const names = await readdir('/proc').catch(() => []) // not on every system
  return names.some(name => /^\d+$/.test(name) && workingDirectory(name) === cluster)
}

function workingDirectory(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return null // ended meanwhile, a zombie, or another user's: the cluster's user is ours, or we are root
  }
}
