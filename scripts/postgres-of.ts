// The database a configuration names, for scripts that work on the developer's own: the same one the server would take.
import type { Config } from '../src/config/config.ts'
import { startEmbeddedPostgres } from '../src/store/embedded/embedded-postgres.ts'

export interface RunningPostgres {
  readonly url: string
  /** Where it is, without the password. */
  readonly place: string
  stop(): Promise<void>
}

/** Starts the embedded Postgres unless BATCH_DATABASE_URL names a server. Rejects as startEmbeddedPostgres does. */
export async function postgresOf(config: Config): Promise<RunningPostgres> {
  if (config.BATCH_DATABASE_URL !== null) {
    const { host, pathname } = new URL(config.BATCH_DATABASE_URL)
    return { url: config.BATCH_DATABASE_URL, place: `${host}${pathname}`, stop: () => Promise.resolve() }
  }
  const log = {
    info: (message: string) => console.log(message),
    warn: (message: string) => console.warn(message)
  }
  const postgres = await startEmbeddedPostgres({ dataDir: config.BATCH_DATA_DIR, log })
  return {
    url: postgres.url,
    place: `the embedded database of ${config.BATCH_DATA_DIR}`,
    stop: postgres.stop
  }
}
