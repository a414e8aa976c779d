// Brings a database to the schema of migrations/*.sql: forward only, once each, under a lock that two servers cannot both hold.
import { readdir, readFile } from 'node:fs/promises'
import type { Knex } from 'knex'
import { type Database, openDatabase, rows, SCHEMA } from './database.ts'

const directory = new URL('../../migrations/', import.meta.url)

/** Any number that is ours: the advisory lock of the migration. */
const LOCK = 4_718_190_352

/** Oldest PostgreSQL that is supported (ENGINE E19). */
const OLDEST_MAJOR = 15

export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable'
}

export async function migrationNames(): Promise<string[]> {
  const names = (await readdir(directory)).filter(name => /^\d{3}_.*\.sql$/.test(name))
  return names.sort()
}

/**
 * Creates the schema and applies what is missing; a second run does nothing. Rejects with DatabaseUnusable when the server
 * is too old or the database is not UTF8.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const db = openDatabase({
    url: databaseUrl,
    applicationName: 'batchyard migrate',
    statementTimeoutSeconds: 0,
    connections: 2
  })
  try {
    await checkServer(db)
    await db.transaction(async lock => {
      await lock.raw('set local lock_timeout = 0')
      await lock.raw('set local idle_in_transaction_session_timeout = 0')
      await lock.raw('select pg_advisory_xact_lock(?)', [LOCK])
      // Even where it is there already, `if not exists` takes the right to create one.
      const [there] = await rows(db, 'select where to_regnamespace(:schema) is not null', { schema: SCHEMA })
      if (there === undefined) await db.raw(`create schema ${SCHEMA}`)
      const options = {
        migrationSource: sourceWith(await trigramSchema(db)),
        schemaName: SCHEMA,
        tableName: 'migration'
      }
      // Knex's own lock is a committed row that a process killed half way leaves behind; ours goes with its session.
      await db.migrate.forceFreeMigrationsLock(options)
      await db.migrate.latest(options)
    })
  } finally {
    await db.destroy()
  }
}

/** Migrations that find the operator classes of trigrams in the schema `extensions`, quoted, which need not be on our search path. */
function sourceWith(extensions: string): Knex.MigrationSource<string> {
  return {
    getMigrations: migrationNames,
    getMigrationName: name => name,
    async getMigration(name) {
      const sql = await readFile(new URL(name, directory), 'utf8')
      return {
        async up(trx) {
          await trx.raw('select set_config(?, ?, true)', ['search_path', `${SCHEMA}, public, ${extensions}`])
          await trx.raw(sql)
        },
        down: () => Promise.reject(new Error('migrations go forward only; restore a backup to go back'))
      }
    }
  }
}

/**
 * The schema of the extension pg_trgm, which is made where it is missing: indexes of text patterns are of its kind. It is a
 * trusted one, but the right to create in the database is needed, which a managed PostgreSQL may have given to others only.
 */
async function trigramSchema(db: Database): Promise<string> {
  const schema = async () => {
    const [found] = await rows<{ schema: string }>(
      db,
      `select quote_ident(nspname) as schema from pg_extension join pg_namespace n on n.oid = extnamespace where extname = 'pg_trgm'`
    )
    return found?.schema
  }
  const found = await schema()
  if (found !== undefined) return found
  try {
    await db.raw('create extension if not exists pg_trgm with schema public')
  } catch (error) {
    throw new DatabaseUnusable(
      `The extension pg_trgm cannot be created (${(error as Error).message}): have somebody who may do so run ` +
        '"create extension pg_trgm" in this database, and start again.',
      { cause: error }
    )
  }
  return (await schema()) ?? 'public'
}

async function checkServer(db: Database): Promise<void> {
  const [server] = await rows<{ version: string; number: number; encoding: string; database: string }>(
    db,
    `select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
       pg_encoding_to_char(encoding) as encoding, datname as database
     from pg_database where datname = current_database()`
  )
  if (server === undefined) throw new DatabaseUnusable('the database does not answer')
  if (server.number < OLDEST_MAJOR * 10_000)
    throw new DatabaseUnusable(
      `PostgreSQL ${server.version} is too old: Batchyard needs ${OLDEST_MAJOR} or newer.`
    )
  if (server.encoding !== 'UTF8')
    throw new DatabaseUnusable(
      `Database ${server.database} is encoded in ${server.encoding}: create one with encoding 'UTF8' (template0).`
    )
}
