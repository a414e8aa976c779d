// A database that may be thrown away, for scripts that need one: the administrator's server if one is named, else a Postgres
// of their own, so that `npm run check` needs nothing installed.
import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../src/store/embedded/embedded-postgres.ts'

/** Calls with the URL of an empty database, which is gone afterwards whatever happened. */
export async function withScratchDatabase<Result>(work: (url: string) => Promise<Result>): Promise<Result> {
  const given = process.env['BATCH_DATABASE_URL']
  return given === undefined || given === '' ? await inOwnPostgres(work) : await inNewDatabase(given, work)
}

async function inOwnPostgres<Result>(work: (url: string) => Promise<Result>): Promise<Result> {
  const dataDir = await mkdtemp(join(tmpdir(), 'batchyard-scratch-'))
  try {
    // Root's database runs as another user, who has to be able to enter.
    await chmod(dataDir, 0o755)
    const log = { info: () => undefined, warn: (message: string) => console.warn(message) }
    const postgres = await startEmbeddedPostgres({ dataDir, log, fsync: false })
    try {
      return await work(postgres.url)
    } finally {
      await postgres.stop()
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function inNewDatabase<Result>(given: string, work: (url: string) => Promise<Result>): Promise<Result> {
  const name = `batchyard_scratch_${randomUUID().replaceAll('-', '')}`
  const admin = new pg.Client({ connectionString: given })
  await admin.connect()
  try {
    await admin.query(`create database ${name} encoding 'UTF8' template template0`)
    try {
      const url = new URL(given)
      url.pathname = `/${name}`
      return await work(url.href)
    } finally {
      await admin.query(`drop database ${name} with (force)`)
    }
  } finally {
    await admin.end()
  }
}
