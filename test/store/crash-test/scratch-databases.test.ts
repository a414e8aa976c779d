// The databases of a crash test: each empty and migrated, and none left behind.
import pg from 'pg'
import t from 'tap'
import { openScratchDatabases } from '../../../src/store/crash-test/scratch-databases.ts'
import { DatabaseUnusable } from '../../../src/store/migrate.ts'
import { testPostgresUrl } from '../../support/test-postgres.ts'

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

const url = await testPostgresUrl()

t.test('each run has a database of its own, and all are dropped at the end', async t => {
  const databases = await openScratchDatabases(url)
  const made = [await databases.create(), await databases.create()]
  t.not(made[0], made[1])
  await query(made[0]!, 'create table mine (n integer)')
  t.same(
    await query(
      made[1]!,
      `select to_regclass('mine') as mine, count(*)::int as n from batchyard.job_instance`
    ),
    [{ mine: null, n: 0 }]
  )
  // A session that somebody left open does not keep one.
  const lingering = new pg.Client({ connectionString: made[1] })
  lingering.on('error', () => {})
  await lingering.connect()
  await databases.dropAll()
  const names = made.map(one => new URL(one).pathname.slice(1))
  const prefix = names[0]!.replace(/_\d+$/, '')
  t.same(await query(url, `select datname from pg_database where datname like '${prefix}%'`), [])
})

t.test('a user who may not create databases is told what to do', async t => {
  const name = `batchyard_no_createdb_${process.pid}`
  await query(url, `create role ${name} login password 'secret' nocreatedb`)
  t.teardown(() => query(url, `drop role ${name}`))
  const poor = new URL(url)
  poor.username = name
  poor.password = 'secret'
  await t.rejects(openScratchDatabases(poor.href), {
    constructor: DatabaseUnusable,
    message: /grant him CREATEDB, or leave BATCH_DATABASE_URL out/
  })
})
