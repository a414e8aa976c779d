// The one PostgreSQL of a test run: that of BATCH_DATABASE_URL, or an embedded one that all test files share.
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { takeLock } from '../../src/store/embedded/directory-lock.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.ts'
import { processIdentity } from '../../src/store/embedded/process-identity.ts'
import { makeSafeDirectory } from '../../src/store/embedded/safe-directory.ts'

const checkout = path.resolve(import.meta.dirname, '../..')

/** Per checkout and user, so that two of either do not meet. */
const directory = path.join(
  tmpdir(),
  `batchyard-test-${createHash('sha256').update(`${checkout} ${userInfo().username}`).digest('hex').slice(0, 12)}`
)
const urlFile = path.join(directory, 'url')
/** A file for each run of tap that uses it: the runner's pid, and in it what makes that process unique. */
const runs = path.join(directory, 'runs')
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

async function start(): Promise<EmbeddedPostgres> {
  return await startEmbeddedPostgres({
    dataDir: directory,
    log: quiet,
    fsync: false,
    extraSettings: { max_connections: '200' }
  })
}

function configuredUrl(): string | undefined {
  return process.env.BATCH_DATABASE_URL || undefined
}

/** Its maintenance database's url. Started, and left running for the other files, when it does not run yet. */
export async function testPostgresUrl(): Promise<string> {
  const configured = configuredUrl()
  if (configured !== undefined) return configured
  const known = await runningUrl()
  return known ?? (await alone(async () => (await runningUrl()) ?? (await startAndLeave())))
}

async function runningUrl(): Promise<string | null> {
  const known = await readFile(urlFile, 'utf8').catch(() => null) // none was started yet
  return known !== null && (await answers(known)) ? known : null
}

async function startAndLeave(): Promise<string> {
  const postgres = await start()
  await writeFile(urlFile, postgres.url, { mode: 0o600 })
  await postgres.leave()
  return postgres.url
}

/** Before the first test file of a run: it is up, and stays up until the last of the runs that go on at the same time has ended. */
export async function beginTestRun(): Promise<void> {
  if (configuredUrl() !== undefined) return
  await alone(async () => {
    await mkdir(runs, { recursive: true })
    await writeFile(path.join(runs, String(process.ppid)), processIdentity(process.ppid) ?? '')
    if ((await runningUrl()) === null) await startAndLeave()
  })
}

/** After a run: ends the embedded one and removes its data, unless another run uses it; leaves that of BATCH_DATABASE_URL alone. */
export async function endTestRun(): Promise<void> {
  if (configuredUrl() !== undefined) return
  await alone(async () => {
    await rm(path.join(runs, String(process.ppid)), { force: true })
    if (await isInUse()) return
    const postgres = await start()
    await postgres.stop()
    const elsewhere = await readFile(path.join(directory, 'postgres/location'), 'utf8').catch(() => null) // it seldom is
    if (elsewhere !== null) await rm(elsewhere.trim(), { recursive: true, force: true })
    await rm(path.join(directory, 'postgres'), { recursive: true, force: true })
    await rm(urlFile, { force: true })
  })
}

async function isInUse(): Promise<boolean> {
  for (const pid of await readdir(runs).catch(() => [])) {
    const identity = await readFile(path.join(runs, pid), 'utf8')
    if (processIdentity(Number(pid)) === identity) return true
    await rm(path.join(runs, pid), { force: true })
  }
  return false
}

/** One process at a time starts and ends it: else the end of one run could meet the beginning of another. */
async function alone<Result>(work: () => Promise<Result>): Promise<Result> {
  if ((await makeSafeDirectory(directory)) === null)
    throw new Error(`${directory} belongs to somebody else: remove it, or set BATCH_DATABASE_URL`)
  for (;;) {
    const attempt = await takeLock(directory)
    if (attempt.taken) return await work().finally(() => attempt.lock.release())
    await delay(50)
  }
}
