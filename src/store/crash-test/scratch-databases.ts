// Databases that a crash test may spoil: made beside the one that is configured, dropped at the end, so that no row of anybody
// else is ever near a job that is being killed.
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { DatabaseUnusable, migrate } from '../migrate.ts'
import { layTrap } from './checkpoint-trap.ts'

export interface ScratchDatabases {
  /** A migrated database without a job in it, with a trap that is open; its url. */
  create(): Promise<string>
  /** Drops all that were made, whoever is connected. */
  dropAll(): Promise<void>
}

const INSUFFICIENT_PRIVILEGE = '42501'

/**
 * @param url of a database whose user may create others.
 * @throws DatabaseUnusable when he may not, and as `migrate` does.
 */
export async function openScratchDatabases(url: string): Promise<ScratchDatabases> {
  const prefix = `batchyard_crash_test_${randomBytes(5).toString('hex')}`
  const made: string[] = []
  const urlOf = (name: string) => {
    const other = new URL(url)
    other.pathname = `/${name}`
    return other.href
  }
  const create = async (template: string) => {
    const name = `${prefix}_${made.length}`
    const encoding = template === 'template0' ? `encoding 'UTF8'` : ''
    await onServer(url, client => client.query(`create database ${name} template ${template} ${encoding}`))
    made.push(name)
    return name
  }
  const dropAll = async () => {
    await onServer(url, async client => {
      for (const name of made.splice(0)) await client.query(`drop database if exists ${name} with (force)`)
    })
  }
  try {
    const template = await create('template0')
    await migrate(urlOf(template))
    await onServer(urlOf(template), layTrap)
    return { create: async () => urlOf(await create(template)), dropAll }
  } catch (error) {
    await dropAll()
    if ((error as pg.DatabaseError).code !== INSUFFICIENT_PRIVILEGE) throw error
    throw new DatabaseUnusable(
      `The user of BATCH_DATABASE_URL may not create databases, and a crash test runs in one of its own: ` +
        `grant him CREATEDB, or leave BATCH_DATABASE_URL out (${(error as Error).message}).`,
      { cause: error }
    )
  }
}

async function onServer(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'batchyard crash test' })
  // Said by the query under way, if there is one.
  client.on('error', () => {})
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
