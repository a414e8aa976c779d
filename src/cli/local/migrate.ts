// `batchyard migrate`: brings the database to this version's schema before the servers of a new version start.
import { Command } from 'commander'
import { locally } from './locally.ts'

export function migrateCommand(): Command {
  return new Command('migrate')
    .description("bring the database of BATCH_DATABASE_URL (or the embedded one) to this version's schema")
    .action(() => locally(migrateDatabase))
}

async function migrateDatabase(): Promise<void> {
  const { readConfig } = await import('../../config/config.ts')
  const { migrate, migrationNames } = await import('../../store/migrate.ts')
  const config = readConfig()
  const postgres = config.BATCH_DATABASE_URL === null ? await embedded(config.BATCH_DATA_DIR) : null
  try {
    await migrate(config.BATCH_DATABASE_URL ?? postgres!.url)
    console.log(`The database has the schema up to ${(await migrationNames()).at(-1)}.`)
  } finally {
    await postgres?.stop()
  }
}

async function embedded(dataDir: string) {
  const { pino } = await import('pino')
  const { startEmbeddedPostgres } = await import('../../store/embedded/embedded-postgres.ts')
  return await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) })
}
