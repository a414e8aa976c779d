// Without this file root's database could not start from a checkout in root's own home, where the database's user cannot enter.
import { chmod, lstat, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { canWrite, giveTo, type DatabaseUser } from './database-user.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import type { EmbeddedLog } from './embedded-log.ts'
import { isSafeDirectory, makeSafeDirectory } from './safe-directory.ts'

const RECORD = 'location'

/**
 * The directory in which the cluster is or will be: `home` (`<dataDir>/postgres`) whenever the database's user can really work
 * there, else a directory of its own below /var/lib/batchyard (below the temporary directory if that cannot be made), recorded in
 * `home` so that later starts find it.
 * Throws when the recorded directory is gone, and when an existing cluster in `home` is out of reach.
 */
export async function findDatabasePlace(
  home: string,
  user: DatabaseUser | null,
  log: EmbeddedLog,
  bases: readonly string[] = ['/var/lib/batchyard', join(tmpdir(), `batchyard-${process.geteuid?.()}`)]
): Promise<string> {
  const recorded = await readRecord(home)
  if (recorded !== null) return recorded
  if (user === null || (await worksAt(home, user))) return home
  return placeOutside(home, user, log, bases)
}

/** Where an existing cluster is, before anything is decided: recorded elsewhere, or in `home`. */
export async function recordedPlace(home: string): Promise<string> {
  return (await readRecord(home)) ?? home
}

async function readRecord(home: string): Promise<string | null> {
  const record = join(home, RECORD)
  const text = await readFile(record, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  const place = text.trim()
  const found = isAbsolute(place) && (await lstat(place).catch(() => null))?.isDirectory()
  if (found && process.geteuid?.() === 0 && !((await isOurs(home)) && (await isSafeDirectory(place)))) {
    throw new EmbeddedPostgresError(
      `Root does not follow ${record} to ${place}: another user could have written it or could replace that directory; ` +
        'delete the file, or start Batchyard as the user who owns it'
    )
  }
  if (found) return place
  throw new EmbeddedPostgresError(
    `The database of this data directory was kept in ${place} (so says ${record}), which is gone; ` +
      `bring it back, or delete ${record} to begin with an empty database`
  )
}

async function isOurs(path: string): Promise<boolean> {
  return (await lstat(path)).uid === process.geteuid?.()
}

async function worksAt(home: string, user: DatabaseUser): Promise<boolean> {
  const cluster = join(home, 'cluster')
  if ((await lstat(cluster).catch(() => null)) === null) return tryNew(home, user)
  if (await canWrite(user, cluster)) return true
  throw new EmbeddedPostgresError(
    `The database in ${cluster} belongs to ${user.name}, who cannot enter that directory any more; ` +
      'let others pass its parent directories (chmod o+x) or set BATCH_DATABASE_URL=postgres://…'
  )
}

async function tryNew(home: string, user: DatabaseUser): Promise<boolean> {
  const attempt = await mkdtemp(join(home, 'new-'))
  try {
    await giveTo(user, attempt)
    return await canWrite(user, attempt)
  } finally {
    await rm(attempt, { recursive: true, force: true })
  }
}

async function placeOutside(
  home: string,
  user: DatabaseUser,
  log: EmbeddedLog,
  bases: readonly string[]
): Promise<string> {
  for (const candidate of bases) {
    const base = await makeSafeDirectory(candidate)
    // Whatever is wrong there (read-only, full): the next one may do, else all are named.
    if (base === null || !(await tryNew(base, user).catch(() => false))) continue
    const place = await mkdtemp(join(base, 'data-'))
    // Ours, only to be passed through: in a directory of the database's user we could be led elsewhere by a link.
    await chmod(place, 0o711)
    await writeFile(join(place, 'belongs-to'), `${home}\n`, { mode: 0o644 })
    await writeFile(join(home, RECORD), `${place}\n`, { flag: 'wx', mode: 0o644, flush: true })
    log.info(`User ${user.name}, who runs the database, cannot enter ${home}: the data are kept in ${place}`)
    return place
  }
  throw new EmbeddedPostgresError(
    `User ${user.name}, who runs the database, can enter neither ${home} nor a directory we could make for it ` +
      `(tried ${bases.join(' and ')}); set BATCH_DATA_DIR to a directory everyone may enter, or BATCH_DATABASE_URL=postgres://…`
  )
}
