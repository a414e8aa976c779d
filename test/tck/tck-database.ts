// The PostgreSQL of a run: that of BATCH_DATABASE_URL, or an embedded one that goes with the run; and the tables of its cases.
import pg from 'pg'
import { openDatabase } from '../../src/store/database.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.ts'
import { listStepExecutions } from '../../src/store/step-executions.ts'
import { TABLES } from './application/sql-artifacts.ts'
import type { ReadUserData } from './expectations.ts'

export interface TckDatabase {
  readonly url: string
  /** Makes the tables of a transaction case. */
  createSchema(schema: string): Promise<void>
  readonly readUserData: ReadUserData
  /** Drops what createSchema made; ends an embedded PostgreSQL. */
  close(): Promise<void>
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

export async function openTckDatabase(dataDir: string): Promise<TckDatabase> {
  const given = process.env['BATCH_DATABASE_URL'] || null
  const embedded = given === null ? await startEmbeddedPostgres({ dataDir, log: quiet, fsync: false }) : null
  const url = given ?? embedded!.url
  const db = openDatabase({
    url,
    applicationName: 'batchyard tck',
    statementTimeoutSeconds: 30,
    connections: 2
  })
  const schemas: string[] = []

  async function run(statements: readonly string[]): Promise<void> {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      for (const statement of statements) await client.query(statement)
    } finally {
      await client.end()
    }
  }

  return {
    url,
    async createSchema(schema) {
      schemas.push(schema)
      await run([`create schema "${schema}"`, `set search_path to "${schema}"`, TABLES])
    },
    async readUserData(executionId) {
      const steps = await listStepExecutions(db, executionId)
      return new Map(steps.map(step => [step.stepName, step.persistentUserData]))
    },
    async close() {
      await db.destroy()
      if (embedded === null) await run(schemas.map(schema => `drop schema "${schema}" cascade`))
      else await embedded.stop()
    }
  }
}
