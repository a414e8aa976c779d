// `npm run db:reset`: the developer's database as it is after the first start. Everything Batchyard keeps there is lost, so it
// asks first and refuses while a server uses it.
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { ConfigInvalid, readConfig } from '../src/config/config.ts'
import { MARK } from '../src/joblog/log-folder-owner.ts'
import { SCHEMA } from '../src/store/database.ts'
import { EmbeddedPostgresError } from '../src/store/embedded/embedded-postgres-error.ts'
import { DatabaseUnusable, migrate } from '../src/store/migrate.ts'
import { postgresOf } from './postgres-of.ts'
import { ROOT } from './root.ts'

class Refused extends Error {}

async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new Refused(`${question}\nNobody is there to ask: say --yes if you mean it.`)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(`${question} Type yes: `)
  terminal.close()
  if (answer.trim() !== 'yes') throw new Refused('Nothing was changed.')
}

async function dropSchema(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'db:reset' })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      `select distinct application_name as name from pg_stat_activity
       where datname = current_database() and application_name like 'batchyard %'`
    )
    if (rows.length > 0)
      throw new Refused(`A server is at work on it (${rows.map(row => row.name).join(', ')}); stop it first.`)
    await client.query(`drop schema if exists ${SCHEMA} cascade`)
  } finally {
    await client.end()
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { yes: { type: 'boolean', default: false } } })
  const config = readConfig(process.env, ROOT)
  const postgres = await postgresOf(config)
  try {
    if (!values.yes)
      await confirm(`Every job instance, execution and setting in ${postgres.place} will be deleted.`)
    await dropSchema(postgres.url)
    await migrate(postgres.url)
    // The folder belonged to the repository that is gone; the next server takes it for its own.
    await rm(path.join(config.BATCH_JOBLOG_DIR, MARK), { force: true })
    console.log(
      `The schema ${SCHEMA} in ${postgres.place} is empty. Job logs in ${config.BATCH_JOBLOG_DIR} were left.`
    )
  } finally {
    await postgres.stop()
  }
}

main().catch((error: unknown) => {
  const known = [Refused, ConfigInvalid, EmbeddedPostgresError, DatabaseUnusable].some(
    kind => error instanceof kind
  )
  console.error(known ? (error as Error).message : error)
  process.exitCode = 1
})
