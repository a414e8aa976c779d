// Without this file a newcomer would have to install a database before the first job: it starts, adopts and stops a real Postgres.
import { chmod, lstat, mkdir, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { checkVersion, isCluster, keepPassword, makeCluster, removeHalfMade } from './cluster.ts'
import { findDatabasePlace, recordedPlace } from './database-place.ts'
import { findDatabaseUser } from './database-user.ts'
import { takeLock, type DirectoryLock } from './directory-lock.ts'
import type { EmbeddedLog } from './embedded-log.ts'
import { EmbeddedPostgresError, explainErrno } from './embedded-postgres-error.ts'
import { databaseUrl, greet, isHealthy } from './first-connection.ts'
import { findPostgresPackage } from './postgres-package.ts'
import { findPostgresSoftware } from './postgres-software.ts'
import { endPostmaster, hasSettings, startPostmaster, waitUntilReady } from './postmaster.ts'
import type { Postmaster, PostmasterOptions } from './postmaster.ts'
import { pidOwner, readPostmasterFile } from './postmaster-file.ts'
import { watchPostmaster } from './postmaster-watch.ts'
import { createServerLog } from './server-log.ts'

export interface EmbeddedPostgresOptions {
  /** Batchyard's data directory; the database is below it in `postgres/`, or where `postgres/location` says. */
  readonly dataDir: string
  readonly log: EmbeddedLog
  /** False only for databases that may be lost: a crash of the machine then destroys them. Default true. */
  readonly fsync?: boolean
  /** Default: any free one. */
  readonly port?: number
  /** Postgres settings by name, e.g. `{ max_connections: '20' }`. */
  readonly extraSettings?: Readonly<Record<string, string>>
  /** Called once if Postgres ends before `stop`, or its directory is deleted: nothing can be done but to end the server. */
  readonly onEnd?: (error: EmbeddedPostgresError) => void
}

export interface EmbeddedPostgres {
  /** `postgres://…@127.0.0.1:<port>/batchyard`, with the password. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Of the running server, e.g. `18.4`. */
  readonly version: string
  /** Ends Postgres (also an adopted one) and gives the directory free. Safe twice. */
  readonly stop: () => Promise<void>
  /** Gives the directory free and leaves Postgres running, for whoever adopts it. */
  readonly leave: () => Promise<void>
}

// The longest path Postgres handles is 1023 bytes, and it puts file names behind this one.
const LONGEST_PATH = 900

/**
 * Starts the Postgres of a data directory, making the database at the first start, and adopts one left alive by a killed server.
 * Throws EmbeddedPostgresError: not installed, directory in use, no access, full disk, other major version, port taken.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir)
  const locks: DirectoryLock[] = []
  try {
    const home = await makeHome(dataDir)
    locks.push(await lockOrRefuse(home, dataDir))
    return await startLocked(home, dataDir, options, locks)
  } catch (error) {
    // The disk may be too full for that too; a lock that stays dies with this process.
    await release(locks).catch(() => undefined)
    throw explainErrno('Starting the embedded database', dataDir, error)
  }
}

async function startLocked(
  home: string,
  dataDir: string,
  options: EmbeddedPostgresOptions,
  locks: DirectoryLock[]
): Promise<EmbeddedPostgres> {
  const { log, fsync = true } = options
  const native = findPostgresPackage()
  const user = await findDatabaseUser(join(await recordedPlace(home), 'cluster'))
  const software = await findPostgresSoftware(native, home, user, log)
  const place = await findDatabasePlace(home, user, log)
  // A copied data directory records the place of the original.
  if (place !== home) locks.push(await lockOrRefuse(place, dataDir))
  await removeHalfMade(place)
  const exists = await isCluster(join(place, 'cluster'))
  const password = await keepPassword(home, exists)
  if (!exists) await makeCluster({ place, software, user, password, fsync, log })
  const cluster = await realpath(join(place, 'cluster'))
  await checkOwner(cluster)
  await checkVersion(home, cluster, software.majorVersion)
  const serverLog = createServerLog(home)
  const settings = { ...defaultSettings(fsync), ...options.extraSettings }
  const start = { cluster, software, user, serverLog, settings, port: options.port ?? null, log }
  const adopted = await adopt(start, password)
  const postmaster = adopted ?? (await startPostmaster(start))
  const version = await greet(postmaster.port, password).catch(async (error: unknown) => {
    await endPostmaster(postmaster.pid, cluster, software, log)
    throw error
  })
  serverLog.watch()
  log.info(
    `Postgres ${version} ${adopted === null ? 'runs' : 'was still running'} on 127.0.0.1:${postmaster.port}, process ${postmaster.pid}, data in ${cluster}`
  )
  const stopWatching = watchPostmaster(postmaster.pid, cluster, serverLog.path, error => {
    log.warn(error.message)
    options.onEnd?.(error)
  })
  const leave = async (): Promise<void> => {
    stopWatching()
    serverLog.stopWatching()
    await release(locks)
  }
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopWatching()
    return (stopped ??= endPostmaster(postmaster.pid, cluster, software, log).finally(leave))
  }
  return { url: databaseUrl(postmaster.port, password), ...postmaster, version, stop, leave }
}

/** A server that was killed leaves its Postgres alive: taken over if it is well and as wanted, else ended. */
async function adopt(start: PostmasterOptions, password: string): Promise<Postmaster | null> {
  const { cluster, software, settings, port, log } = start
  const file = await readPostmasterFile(cluster)
  if (file === null) return null
  const owner = pidOwner(file.pid, cluster)
  if (owner === 'nobody' || owner === 'stranger') return null
  const { pid } = file
  // Where there is no telling whose process it is, only an answer from this very directory counts, and nothing is ended.
  const isAlive = (): boolean => pidOwner(pid, cluster) === 'postmaster'
  const ready = owner === 'unknown' || (await waitUntilReady(cluster, pid, isAlive, log))
  if (!ready) return null
  const now = await readPostmasterFile(cluster)
  const wanted = (port === null || port === now?.port) && (await hasSettings(cluster, settings))
  if (now?.pid === pid && wanted && (await isHealthy(now.port, password, cluster)))
    return { pid, port: now.port }
  if (owner === 'unknown') return null
  log.info(`Ending the Postgres (process ${pid}) that an earlier server left on ${cluster}`)
  await endPostmaster(pid, cluster, software, log)
  return null
}

function defaultSettings(fsync: boolean): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    // No socket: its path may have 107 bytes at most, and data directories are longer.
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: '128MB',
    max_wal_size: '1GB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] ',
    log_checkpoints: 'off',
    logging_collector: 'off',
    ...(fsync ? {} : { fsync: 'off', full_page_writes: 'off' })
  }
}

async function makeHome(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true })
  const home = join(await realpath(dataDir), 'postgres')
  if (Buffer.byteLength(home) > LONGEST_PATH) {
    throw new EmbeddedPostgresError(
      `The data directory's path is too long for Postgres (over ${LONGEST_PATH} bytes): ${home}; set BATCH_DATA_DIR to a shorter one`
    )
  }
  const asRoot = process.geteuid?.() === 0
  const made = await mkdir(home, { recursive: true, mode: 0o700 })
  // Root's database runs as another user, who has to pass through here and sees nothing on the way.
  if (made !== undefined && asRoot) await chmod(home, 0o711)
  return home
}

async function lockOrRefuse(directory: string, dataDir: string): Promise<DirectoryLock> {
  const attempt = await takeLock(directory)
  if (attempt.taken) return attempt.lock
  throw new EmbeddedPostgresError(
    `Another Batchyard (process ${attempt.holderPid}) is already running on the data directory ${dataDir}; ` +
      'stop it, or give this one its own BATCH_DATA_DIR'
  )
}

async function checkOwner(cluster: string): Promise<void> {
  const self = process.geteuid?.()
  const { uid } = await lstat(cluster)
  if (self === undefined || self === 0 || uid === self) return
  throw new EmbeddedPostgresError(
    `The database in ${cluster} belongs to user ${uid}, and this is user ${self}; start Batchyard as the user who made it`
  )
}

async function release(locks: DirectoryLock[]): Promise<void> {
  for (const lock of locks.splice(0).toReversed()) await lock.release()
}
