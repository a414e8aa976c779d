// The one PostgreSQL of a test run: that of BATCH_DATABASE_URL, or an embedded one that all test files share.
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.ts'

const checkout = path.resolve(import.meta.dirname, '../..')

/** Per checkout and user, so that two of either do not meet. */
const directory = path.join(
  tmpdir(),
  `batchyard-test-${createHash('sha256').update(`${checkout} ${userInfo().username}`).digest('hex').slice(0, 12)}`
)
const urlFile = path.join(directory, 'url')
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
  await mkdir(directory, { recursive: true, mode: 0o755 })
  return await startEmbeddedPostgres({
    dataDir: directory,
    log: quiet,
    fsync: false,
    extraSettings: { max_connections: '200' }
  })
}

/** Its maintenance database's url. Started, and left running for the other files, when it does not run yet. */
export async function testPostgresUrl(): Promise<string> {
  const configured = process.env.BATCH_DATABASE_URL
  if (configured !== undefined && configured !== '') return configured
  for (let attempt = 0; ; attempt++) {
    const known = await readFile(urlFile, 'utf8').catch(() => null)
    if (known !== null && (await answers(known))) return known
    try {
      const postgres = await start()
      await writeFile(urlFile, postgres.url, { mode: 0o600 })
      await postgres.leave()
      return postgres.url
    } catch (error) {
      // Another test file is starting it at this moment.
      if (attempt > 100) throw error
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
}

/** Ends the embedded one and removes its data; does nothing to that of BATCH_DATABASE_URL. */
export async function endTestPostgres(): Promise<void> {
  if ((await readFile(urlFile, 'utf8').catch(() => null)) === null) return
  const postgres = await start()
  await postgres.stop()
  await rm(directory, { recursive: true, force: true })
}
