// The one PostgreSQL of a run, with fsync on: a benchmark that loses its data on a power cut measures something else.
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.ts'

export interface BenchPostgres {
  /** Version, and where it runs. */
  readonly version: string
  /** An empty UTF8 database of this run; its url. Dropped at the end. */
  database(): Promise<string>
  /** Statements are counted by pg_stat_statements. */
  readonly countsStatements: boolean
  stop(): Promise<void>
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** That of BATCH_DATABASE_URL (on this machine only), or an embedded one with its data below `directory`. */
export async function startBenchPostgres(
  directory: string,
  countStatements: boolean
): Promise<BenchPostgres> {
  const configured = process.env['BATCH_DATABASE_URL']
  if (configured !== undefined && configured !== '') {
    const { hostname } = new URL(configured)
    if (!['127.0.0.1', '[::1]', 'localhost'].includes(hostname))
      throw new Error(`BATCH_DATABASE_URL names ${hostname}: a benchmark measures over loopback only`)
    return await onServer(configured, null, countStatements)
  }
  const embedded = await startEmbeddedPostgres({
    dataDir: directory,
    log: quiet,
    extraSettings: {
      max_connections: '150',
      ...(countStatements
        ? { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track_planning': 'on' }
        : {})
    }
  })
  try {
    return await onServer(embedded.url, embedded, countStatements)
  } catch (error) {
    await embedded.stop()
    throw error
  }
}

async function onServer(
  url: string,
  embedded: EmbeddedPostgres | null,
  countStatements: boolean
): Promise<BenchPostgres> {
  const made: string[] = []
  const [server] = await query<{ version: string; fsync: string; preloaded: string }>(
    url,
    `select current_setting('server_version') as version, current_setting('fsync') as fsync,
       current_setting('shared_preload_libraries') as preloaded`
  )
  if (server!.fsync !== 'on') throw new Error('fsync is off on this PostgreSQL: its commits are not commits')
  const name = embedded === null ? 'of BATCH_DATABASE_URL' : 'embedded'
  return {
    version: `${server!.version.split(' ')[0]!} (${name}, fsync on)`,
    countsStatements: countStatements && server!.preloaded.includes('pg_stat_statements'),
    async database() {
      const database = `batchyard_bench_${randomBytes(5).toString('hex')}`
      await query(url, `create database ${database} template template0 encoding 'UTF8'`)
      made.push(database)
      const its = new URL(url)
      its.pathname = `/${database}`
      return its.href
    },
    async stop() {
      for (const database of made.splice(0))
        await query(url, `drop database if exists ${database} with (force)`)
      await embedded?.stop()
    }
  }
}

/** One statement on a connection of its own. */
export async function query<Row extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values: readonly unknown[] = []
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql, [...values])).rows
  } finally {
    await client.end()
  }
}
