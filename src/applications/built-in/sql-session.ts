// A session of a built-in artifact with a database that has a name in the configuration; nothing else here speaks to PostgreSQL.
import pg from 'pg'
import type { Injected } from '../../batch/artifacts.ts'
import type { BuiltInSetting } from './built-in-limits.ts'

/** Where the job repository is; a chunk's own connection is one to it. */
export const REPOSITORY = 'repository'

const INT8 = 20
/** date, timestamp, timestamptz, interval, point, circle and arrays of the first three: a JavaScript object would lose digits or the day. */
const AS_TEXT = new Set<number>([1082, 1114, 1184, 1186, 600, 718, 1182, 1115, 1185])

/** Numbers as far as they are exact, booleans, parsed JSON, bytes; all else is text as PostgreSQL writes it. */
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    if (oid === INT8) return exactInteger
    if (AS_TEXT.has(oid)) return (text: string) => text
    return pg.types.getTypeParser(oid, format as 'text')
  }
} as pg.CustomTypesConfig

export interface SqlSession {
  readonly client: pg.Client
  /** One statement, its rows as arrays. */
  rows(sql: string, values: readonly unknown[]): Promise<readonly (readonly unknown[])[]>
  /** Connection lost, or not, it is over. Never rejects. */
  close(): Promise<void>
}

/**
 * Read only, and never timed out while a chunk is at work.
 * @throws Error naming the connection, and no URL
 */
export async function openSession(
  { inline, limits }: BuiltInSetting,
  { log, stepContext }: Injected,
  connection: string
): Promise<SqlSession> {
  const client = new pg.Client({
    connectionString: limits.connectionURL(connection, inline),
    application_name: `batchyard step ${stepContext.stepName}`.slice(0, 60).replaceAll(/[^\x20-\x7e]/g, '?'),
    options:
      '-c timezone=UTC -c datestyle=ISO -c intervalstyle=iso_8601 -c default_transaction_read_only=on -c idle_in_transaction_session_timeout=0 -c statement_timeout=0',
    types,
    keepAlive: true
  })
  // Without a listener a connection that breaks while nothing is asked of it would end the thread.
  client.on('error', error => log.warn(`The connection ${connection} broke.`, error))
  try {
    await client.connect()
  } catch (cause) {
    await client.end().catch(() => {})
    throw new Error(`The connection ${connection} cannot be opened: ${(cause as Error).message}.`, { cause })
  }
  return {
    client,
    async rows(text, values) {
      // The extended protocol takes no second statement behind a semicolon.
      const query = { text, values: [...values], rowMode: 'array', queryMode: 'extended' } as const
      return (await client.query<unknown[]>(query as unknown as pg.QueryArrayConfig)).rows
    },
    close: () => client.end().catch(() => {})
  }
}

/** 2^53 and above stay text, so that no digit is lost. */
function exactInteger(text: string): number | string {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : text
}
