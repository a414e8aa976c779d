// Opens the pool to PostgreSQL: our schema on the search path, ids as numbers, time-outs on every session.
import knex, { type Knex } from 'knex'
import pg from 'pg'

export type Database = Knex

/** The schema that holds every table of ours. */
export const SCHEMA = 'batchyard'

const INT8 = 20

/** Reads int8 as a number: ids and counters stay below 2^53. */
export const typesWithNumbers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 && format !== 'binary'
      ? Number
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser
}

export interface SessionOptions {
  readonly url: string
  /** E6: `batchyard <incarnation>`, so that a sweeper can end the sessions of a dead server. */
  readonly applicationName: string
  /** Seconds; 0 = none. */
  readonly statementTimeoutSeconds: number
}

/** `-c` settings of a session; `lock_timeout` as ENGINE E1 says. */
export function sessionSettings(statementTimeoutSeconds: number, searchPath: string | null): string {
  return [
    ...(searchPath === null ? [] : [`-c search_path=${searchPath}`]),
    '-c lock_timeout=2000',
    `-c statement_timeout=${statementTimeoutSeconds * 1000}`,
    '-c timezone=UTC',
    '-c default_transaction_isolation=read\\ committed'
  ].join(' ')
}

/** A session that does not know yet that it was cut off in a transaction must not keep its locks for hours. */
const IDLE_TIMEOUT = '-c idle_in_transaction_session_timeout=10000'

/** A session whose statement could not be ended by its time-out within this is one that a network has lost: it is closed. */
const ANSWER_GRACE_MS = 10_000

/**
 * For statements that are prepared, find their rows by keys, and run thousands of times: planned once, and by indexes even where
 * the tables were empty then. A plan that was made on an empty repository and reads a table whole would do so until the next
 * ANALYZE. Without JIT, which would take a table without an index for a dear plan.
 */
const LAUNCHES = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off'

export interface PoolOptions extends SessionOptions {
  readonly connections: number
  /** It serves nothing but the statements of launches. */
  readonly launches?: boolean
}

/** A pool of at most `connections` sessions with our schema first on the search path. */
export function openDatabase(options: PoolOptions): Database {
  const { statementTimeoutSeconds } = options
  const answerMs = statementTimeoutSeconds === 0 ? null : statementTimeoutSeconds * 1000 + ANSWER_GRACE_MS
  const config: Knex.Config & { answerMs: number | null } = {
    client: 'pg',
    connection: {
      connectionString: options.url,
      application_name: options.applicationName,
      options: `${sessionSettings(statementTimeoutSeconds, `${SCHEMA},public`)} ${IDLE_TIMEOUT}${options.launches === true ? ` ${LAUNCHES}` : ''}`,
      types: typesWithNumbers,
      keepAlive: true
    } as Knex.PgConnectionConfig,
    pool: { min: 0, max: options.connections, idleTimeoutMillis: 30_000 },
    acquireConnectionTimeout: 30_000,
    // Read by answerTimeOf, also from a transaction.
    answerMs
  }
  return knex(config)
}

/** A session of its own beside the pool: for LISTEN, for renewals, for a thread's chunks. */
export function createSession(options: SessionOptions & { readonly searchPath: string | null }): pg.Client {
  return new pg.Client({
    connectionString: options.url,
    application_name: options.applicationName,
    options: sessionSettings(options.statementTimeoutSeconds, options.searchPath),
    types: typesWithNumbers,
    keepAlive: true
  })
}

/** `?` in place of the names, which `names` has in their order. */
interface PositionalSql {
  readonly sql: string
  readonly names: readonly string[]
}

function positional(sql: string): PositionalSql {
  const names: string[] = []
  const withMarks = sql.replaceAll('?', '\\?').replace(/(?<!:):([a-zA-Z]\w*)/g, (_, name: string) => {
    names.push(name)
    return '?'
  })
  return { sql: withMarks, names }
}

function valuesOf(names: readonly string[], bindings: Readonly<Record<string, unknown>>): Knex.RawBinding[] {
  return names.map(name => {
    if (!Object.hasOwn(bindings, name)) throw new Error(`no value for :${name}`)
    return bindings[name] as Knex.RawBinding
  })
}

/**
 * Runs SQL with named bindings (`:name`; `::type` stays a cast) and gives its rows. Knex's own named bindings are not used:
 * it reads `:name::json` as an identifier. `answerMs`: when it has no answer by then, its session is closed and it fails as one
 * of a PostgreSQL that is away; TCP alone waits a quarter of an hour when the network drops its packets.
 */
export async function rows<Row>(
  db: Database,
  sql: string,
  bindings: Readonly<Record<string, unknown>> = {},
  answerMs = answerTimeOf(db)
): Promise<Row[]> {
  const { sql: text, names } = positional(sql)
  const query = db.raw<{ rows: Row[] }>(text, valuesOf(names, bindings))
  const result = await (answerMs === null ? query : query.timeout(answerMs))
  return result.rows
}

function answerTimeOf(db: Database): number | null {
  return (db.client as { config: { answerMs?: number | null } }).config.answerMs ?? null
}

interface Prepared extends PositionalSql {
  /** Its name in each session. */
  readonly name: string
}

const prepared = new Map<string, Prepared>()

/**
 * As `rows`, for the statements that every launch runs: each session parses and plans such a text once. It must be one text, or
 * one of a few: a session keeps them all.
 */
export async function preparedRows<Row>(
  db: Database,
  sql: string,
  bindings: Readonly<Record<string, unknown>> = {}
): Promise<Row[]> {
  let statement = prepared.get(sql)
  if (statement === undefined) {
    statement = { ...positional(sql), name: `batchyard ${prepared.size + 1}` }
    prepared.set(sql, statement)
  }
  const { sql: text, names, name } = statement
  const query = db.raw<{ rows: Row[] }>(text, valuesOf(names, bindings)).options({ name })
  const answerMs = answerTimeOf(db)
  const result = await (answerMs === null ? query : query.timeout(answerMs))
  return result.rows
}
