// Without this file root could not have an embedded database: Postgres refuses to run as root, so another user has to run it.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { lchown, lstat } from 'node:fs/promises'
import { parse } from 'node:path'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

/** The unprivileged user that runs Postgres for root. `null` wherever it stands instead: this process's own user. */
export interface DatabaseUser {
  readonly uid: number
  readonly gid: number
  readonly name: string
}

export interface Outcome {
  readonly ok: boolean
  readonly output: string
}

const CANDIDATES = ['nobody', 'postgres', 'daemon']

/**
 * Who has to run Postgres: the owner of an existing cluster, for a new one `nobody` or another system user; null when not root.
 * Throws when root has nobody to run it.
 */
export async function findDatabaseUser(cluster: string): Promise<DatabaseUser | null> {
  if (process.geteuid?.() !== 0) return null
  const owner = await lstat(cluster).catch(() => null) // not made yet
  const users = readFileSync('/etc/passwd', 'utf8').split('\n').map(parseUser)
  if (owner !== null && owner.uid !== 0) {
    const { uid, gid } = owner
    return { uid, gid, name: users.find(user => user.uid === uid)?.name ?? `user ${uid}` }
  }
  for (const name of CANDIDATES) {
    const found = users.find(user => user.name === name && user.uid > 0 && user.gid > 0)
    if (found !== undefined) return found
  }
  throw new EmbeddedPostgresError(
    'Postgres does not run as root, and /etc/passwd has no user "nobody" that could run it; ' +
      'start Batchyard as an ordinary user or set BATCH_DATABASE_URL=postgres://…'
  )
}

function parseUser(line: string): DatabaseUser {
  const [name = '', , uid, gid] = line.split(':')
  return { name, uid: Number(uid), gid: Number(gid) }
}

/**
 * How programs of the database are started: as its user, from a directory every user can enter, and (but on Windows, which needs
 * its own variables) without our environment, where a PGDATA, LD_LIBRARY_PATH or foreign language would change what they do.
 */
export function spawnOptions(user: DatabaseUser | null) {
  return {
    cwd: parse(process.execPath).root,
    windowsHide: true,
    ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
    ...(process.platform === 'win32' ? {} : { env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' } })
  }
}

/** Runs a program to its end as the database's user; what it printed, or why it could not be started, is the output. */
export function runAs(user: DatabaseUser | null, program: string, args: readonly string[]): Promise<Outcome> {
  const options = { ...spawnOptions(user), encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 } as const
  return new Promise<Outcome>((resolve, reject) => {
    execFile(program, [...args], options, (error, stdout, stderr) => {
      const printed = stdout + stderr
      if (error !== null && printed === '') reject(error)
      else resolve({ ok: error === null, output: printed })
    })
    // Node throws some errors of the start (a user we may not become) and hands others to the callback.
  }).catch((error: unknown) => ({ ok: false, output: (error as Error).message }))
}

/** Tries, as that user, whether it can enter and write a directory. Modes would lie: there are ACLs, and every parent counts. */
export async function canWrite(user: DatabaseUser | null, directory: string): Promise<boolean> {
  if (user === null) return true
  return (await runAs(user, '/bin/sh', ['-c', 'cd -- "$1" && test -w .', 'sh', directory])).ok
}

/** Gives a file or directory we just made to the database's user. */
export async function giveTo(user: DatabaseUser | null, path: string): Promise<void> {
  if (user !== null) await lchown(path, user.uid, user.gid)
}
