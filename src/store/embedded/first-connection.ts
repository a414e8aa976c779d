// Without this file nobody would ask the running Postgres whether it is the right one, and the database itself would be missing.
import pg from 'pg'
import { realpath } from 'node:fs/promises'
import { ROLE } from './cluster.ts'

const ANSWER_MILLISECONDS = 5_000

/** The url of the role's own database, with its password. */
export function databaseUrl(port: number, password: string, database: string = ROLE): string {
  return `postgres://${ROLE}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`
}

/** True when the Postgres on `port` takes our password and works on `cluster` (a real path). */
export async function isHealthy(port: number, password: string, cluster: string): Promise<boolean> {
  try {
    const directory = await ask<string>(port, password, "select current_setting('data_directory') as answer")
    // Asked of the file system: the directory may have been renamed, or Windows may write it in another way.
    return (await realpath(directory)) === cluster
  } catch {
    return false // no answer, or a refusal: whatever it is, it is not healthy
  }
}

/** Makes the role's database if it is missing. Returns the server's version, e.g. `18.4`. */
export async function greet(port: number, password: string): Promise<string> {
  const exists = await ask<boolean>(
    port,
    password,
    /* sql */ `select exists (select from pg_database where datname = '${ROLE}') as answer`
  )
  if (!exists) await ask(port, password, /* sql */ `create database ${ROLE}`)
  return ask<string>(
    port,
    password,
    /* sql */ `select split_part(current_setting('server_version'), ' ', 1) as answer`
  )
}

async function ask<T>(port: number, password: string, sql: string): Promise<T> {
  const client = new pg.Client({
    connectionString: databaseUrl(port, password, 'postgres'),
    connectionTimeoutMillis: ANSWER_MILLISECONDS,
    query_timeout: 60_000
  })
  // An error of the connection also rejects the call that waits for it.
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ answer: T }>(sql)
    return rows[0]?.answer as T
  } finally {
    await client.end().catch(() => undefined)
  }
}
