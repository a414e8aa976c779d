// A connection for what runs outside of a chunk; inside a chunk the injected `connection` shares the checkpoint's transaction.
import { Client } from 'pg'
import type { Injected } from '../../src/batch/artifacts.ts'

/** Connects to property `databaseUrl`, gives the connection to `use` and closes it, whatever happens. */
export async function withDatabase<T>(
  { properties, log }: Injected,
  use: (database: Client) => Promise<T>
): Promise<T> {
  const connectionString = properties['databaseUrl']
  if (connectionString === undefined)
    throw new Error(
      'Property databaseUrl is empty: the server gives batchyard.database.url to packaged jobs only.'
    )
  const database = new Client({ connectionString, application_name: 'BirdStrikes' })
  // Without a listener a connection that breaks while nothing is asked of it would end the thread.
  database.on('error', error => log.warn('The connection to the database broke.', error))
  try {
    await database.connect()
    return await use(database)
  } finally {
    await database.end()
  }
}

/** All or nothing. */
export async function inTransaction<T>(database: Client, work: () => Promise<T>): Promise<T> {
  await database.query('begin')
  try {
    const result = await work()
    await database.query('commit')
    return result
  } catch (error) {
    await database.query('rollback')
    throw error
  }
}
