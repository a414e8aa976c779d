// The schema: made once however many make it at a time, and never on a database that cannot hold it.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import t from 'tap'
import pg from 'pg'
import { DatabaseUnusable, migrate, migrationNames } from '../../src/store/migrate.ts'
import { createEmptyDatabase } from '../support/database.ts'
import { testPostgresUrl } from '../support/test-postgres.ts'
import { until } from '../support/until.ts'

async function query<Row>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows as Row[]
  } finally {
    await client.end()
  }
}

const ledger = (url: string) =>
  query<{ name: string }>(url, 'select name from batchyard.migration order by id')

t.test('E19 a second migration does nothing', async t => {
  const url = await createEmptyDatabase(t)
  await migrate(url)
  const first = await ledger(url)
  t.same(
    first.map(row => row.name),
    await migrationNames()
  )
  await query(url, `insert into batchyard.job_xml (sha256, jsl) values ('\\x00', 'kept')`)
  await migrate(url)
  t.same(await ledger(url), first)
  t.equal((await query(url, 'select from batchyard.job_xml')).length, 1)
})

t.test('E19 many that migrate at once make the schema once', async t => {
  const url = await createEmptyDatabase(t)
  await Promise.all(Array.from({ length: 4 }, () => migrate(url)))
  t.equal((await ledger(url)).length, (await migrationNames()).length)
})

t.test('E19 one that waits for another’s migration longer than the lock time-out gets there', async t => {
  const url = await createEmptyDatabase(t)
  const holder = new pg.Client({ connectionString: url })
  await holder.connect()
  await holder.query('select pg_advisory_lock(4718190352)')
  const waiting = migrate(url)
  await until('it has waited longer than lock_timeout', async () => {
    const waiters = await query(
      url,
      `select from pg_stat_activity where datname = current_database() and wait_event = 'advisory'
        and query_start < clock_timestamp() - interval '2500 ms'`
    )
    return waiters.length === 1
  })
  await holder.end()
  await waiting
  t.equal((await ledger(url)).length, (await migrationNames()).length)
})

t.test('a migration that died half way leaves nothing that the next one trips over', async t => {
  const url = await createEmptyDatabase(t)
  const names = await migrationNames()
  const migrating = migrate(url)
  const killed = t.rejects(migrating).catch(() => {})
  for (let tries = 0; tries < 200; tries++) {
    const found = await query(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'batchyard migrate' and datname = current_database() and state <> 'idle'`
    )
    if (found.length > 0) break
  }
  await Promise.race([killed, migrating.catch(() => {})])
  await migrate(url)
  t.equal((await ledger(url)).length, names.length)
})

t.test('a database that is not UTF8 is refused with a sentence, and nothing is made in it', async t => {
  const server = await testPostgresUrl()
  const name = `batchyard_test_${randomBytes(6).toString('hex')}`
  await query(
    server,
    `create database ${name} template template0 encoding 'LATIN1' locale_provider libc lc_collate 'C' lc_ctype 'C'`
  )
  t.teardown(() => query(server, `drop database if exists ${name} with (force)`).then(() => {}))
  const url = new URL(server)
  url.pathname = `/${name}`
  await t.rejects(migrate(url.href), { name: 'DatabaseUnusable', message: /encoded in LATIN1/ })
  await t.rejects(migrate(url.href), DatabaseUnusable)
  t.same(await query(url.href, `select from pg_namespace where nspname = 'batchyard'`), [])
})

t.test('a PostgreSQL that is too old is refused with its version', async t => {
  const old = await oldPostgres()
  t.teardown(() => void old.server.close())
  await t.rejects(migrate(old.url), { name: 'DatabaseUnusable', message: /^PostgreSQL 14\.12 is too old/ })
})

/** No old one is at hand: this speaks just enough of the protocol to say which version it is, whatever it is asked. */
async function oldPostgres(): Promise<{ readonly url: string; readonly server: Server }> {
  const message = (type: string, ...parts: readonly Buffer[]) => {
    const body = Buffer.concat(parts)
    const head = Buffer.alloc(5)
    head.write(type, 0, 'latin1')
    head.writeInt32BE(body.length + 4, 1)
    return Buffer.concat([head, body])
  }
  const int16 = (value: number) => Buffer.from([value >> 8, value & 255])
  const int32 = (value: number) => Buffer.from([0, 0, value >> 8, value & 255])
  const columnsFor = (version: string) => ({ version, number: '140012', encoding: 'UTF8', database: 'old' })
  const description = Object.keys(columnsFor('')).map(name =>
    Buffer.concat([
      Buffer.from(`${name}\0`),
      int32(0),
      int16(0),
      int32(name === 'number' ? 23 : 25),
      int16(4),
      int32(0),
      int16(0)
    ])
  )
  const answerTo = (asked: string) => {
    // Knex asks for the long form when it connects.
    const columns = Object.values(
      columnsFor(asked.includes('version()') ? 'PostgreSQL 14.12 on nothing' : '14.12')
    )
    const values = columns.map(value => Buffer.concat([int32(value.length), Buffer.from(value)]))
    return Buffer.concat([
      message('T', int16(4), ...description),
      message('D', int16(4), ...values),
      message('C', Buffer.from('SELECT 1\0')),
      message('Z', Buffer.from('I'))
    ])
  }
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', int32(0)), message('Z', Buffer.from('I'))]))
      socket.on('data', asked => {
        const answer = answerTo(asked.toString('latin1'))
        if (asked[0] === 'Q'.charCodeAt(0)) socket.write(answer)
        else if (asked[0] === 'P'.charCodeAt(0))
          socket.write(Buffer.concat([message('1'), message('2'), answer]))
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `postgres://old@127.0.0.1:${(server.address() as AddressInfo).port}/old`, server }
}

t.test('the extension for text patterns may stand in any schema', async t => {
  const url = await createEmptyDatabase(t)
  await query(url, 'create schema "Odd ""one"')
  await query(url, 'create extension pg_trgm with schema "Odd ""one"')
  await migrate(url)
  t.equal((await ledger(url)).length, (await migrationNames()).length)
})

t.test('whoever may not make the extension is told which one, and what to do', async t => {
  const url = await createEmptyDatabase(t)
  const role = `batchyard_test_${randomBytes(6).toString('hex')}`
  await query(url, `create role ${role} login password '${role}'`)
  t.teardown(() => query(url, `drop owned by ${role} cascade; drop role ${role}`))
  // As a managed PostgreSQL may have it: a schema of their own, and no right to make anything beside it.
  await query(url, `create schema batchyard authorization ${role}`)
  const theirs = new URL(url)
  theirs.username = role
  theirs.password = role
  await t.rejects(migrate(theirs.href), {
    constructor: DatabaseUnusable,
    message: /pg_trgm.*"create extension pg_trgm"/
  })
  await query(url, 'create extension pg_trgm')
  await migrate(theirs.href)
  t.equal((await ledger(url)).length, (await migrationNames()).length)
})
