// A database of its own for a test file: a clone of one that was migrated once, dropped when the file is done.
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import pg from 'pg'
import { openDatabase, type Database } from '../../src/store/database.ts'
import { migrate, migrationNames } from '../../src/store/migrate.ts'
import { testPostgresUrl } from './test-postgres.ts'

export interface TestDatabase {
  readonly url: string
  /** A pool to it, closed at the end. */
  readonly db: Database
}

/** What is cleaned up goes to `teardown`. */
export interface Teardown {
  teardown(after: () => Promise<void>): void
}

/** An empty, migrated database. */
export async function createDatabase(t: Teardown): Promise<TestDatabase> {
  const url = await createEmptyDatabase(t, await templateName())
  const db = openDatabase({
    url,
    applicationName: 'batchyard test',
    statementTimeoutSeconds: 60,
    connections: 5
  })
  t.teardown(async () => {
    await db.destroy()
  })
  return { url, db }
}

/** A database that is a copy of `template`; without one an empty UTF8 database. Its url. */
export async function createEmptyDatabase(t: Teardown, template = 'template0'): Promise<string> {
  const name = `batchyard_test_${randomBytes(6).toString('hex')}`
  await onServer(client =>
    client.query(
      `create database ${name} template ${template}${template === 'template0' ? ` encoding 'UTF8'` : ''}`
    )
  )
  t.teardown(async () => {
    await onServer(client => client.query(`drop database if exists ${name} with (force)`))
  })
  return await urlOf(name)
}

async function urlOf(database: string): Promise<string> {
  const url = new URL(await testPostgresUrl())
  url.pathname = `/${database}`
  return url.href
}

async function onServer(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: await testPostgresUrl() })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

/**
 * Two of the server's own batches are Active from the start, at 22:00 and 23:00: a test that runs then would find job instances that
 * it did not submit. In databases of tests they begin on the next day. What a test activates itself is left alone.
 */
const SYSTEM_BATCHES_LATER = `
  create function batchyard.test_later() returns trigger language plpgsql as $$ begin
    new.next_fire_time := new.next_fire_time + interval '1 day'; return new; end $$;
  create trigger test_later before insert or update on batchyard.schedule for each row
    when (new.system and new.updated_by = 'BATCHYARD' and new.next_fire_time < clock_timestamp() + interval '3 hours')
    execute function batchyard.test_later()`

/** Named after the migrations: another set of them makes another template. */
async function templateName(): Promise<string> {
  const hash = createHash('sha256').update(SYSTEM_BATCHES_LATER)
  for (const name of await migrationNames())
    hash.update(await readFile(path.join(import.meta.dirname, '../../migrations', name)))
  const name = `batchyard_template_${hash.digest('hex').slice(0, 12)}`
  await onServer(async client => {
    await client.query('select pg_advisory_lock(471819)')
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount === 1) return
    // A run that was killed here leaves it half migrated.
    await client.query(`drop database if exists ${name}_new`)
    await client.query(`create database ${name}_new template template0 encoding 'UTF8'`)
    await migrate(await urlOf(`${name}_new`))
    await later(`${name}_new`)
    await client.query(`alter database ${name}_new rename to ${name}`)
  })
  return name
}

async function later(database: string): Promise<void> {
  const client = new pg.Client({ connectionString: await urlOf(database) })
  await client.connect()
  try {
    await client.query(SYSTEM_BATCHES_LATER)
  } finally {
    await client.end()
  }
}
