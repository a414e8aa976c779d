// Without this file a killed server's Postgres might meet a second one on its data, which destroys them.
import t from 'tap'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { removeDeadFile } from '../../../src/store/embedded/postmaster-file.ts'
import { ask, dataDirectory, exists, isAlive, killServer, start, startOther, until } from './embedded-test.ts'

t.test('E18 kill -9 of the server leaves a Postgres that the next start adopts and stop() ends', async t => {
  const dataDir = await dataDirectory(t)
  const killed = await startOther(t, dataDir)
  await ask(killed.url, 'create table kept ()')
  await killServer(killed)
  t.ok(isAlive(killed.pid))
  const next = await start(t, dataDir)
  t.match(next, { pid: killed.pid, port: killed.port, url: killed.url })
  t.equal(await ask(next.url, `select to_regclass('kept') is not null`), true)
  await next.stop()
  t.notOk(isAlive(killed.pid))
})

t.test('E18 a leftover with other settings is ended and started anew', async t => {
  const dataDir = await dataDirectory(t)
  const killed = await startOther(t, dataDir, { max_connections: '20' })
  await killServer(killed)
  const next = await start(t, dataDir)
  t.not(next.pid, killed.pid)
  t.notOk(isAlive(killed.pid))
  t.equal(await ask(next.url, 'show max_connections'), '100')
})

t.test('E18 a leftover that does not take our password is ended and started anew', async t => {
  const dataDir = await dataDirectory(t)
  const killed = await startOther(t, dataDir)
  await ask(killed.url, `alter system set max_connections = 50`)
  await ask(killed.url, `alter role batchyard connection limit 0; alter role batchyard nosuperuser`).catch(
    () => undefined
  )
  await killServer(killed)
  const password = join(dataDir, 'postgres/password')
  const right = await readFile(password, 'utf8')
  await writeFile(password, 'wrong\n')
  await t.rejects(start(t, dataDir), /password authentication failed/)
  t.notOk(isAlive(killed.pid), 'also the new one, which could not be greeted, is gone')
  await writeFile(password, right)
})

t.test(
  'E18 a leftover whose processes outlive their killed postmaster delays the start, no more',
  async t => {
    const dataDir = await dataDirectory(t)
    const killed = await startOther(t, dataDir)
    await ask(killed.url, 'create table kept ()')
    const busy = ask(killed.url, 'select count(*) from generate_series(1, 6000000)').catch(() => 'cut')
    await until(
      async () =>
        (await ask(
          killed.url,
          `select count(*)::int from pg_stat_activity where query like '%generate_series%' and pid <> pg_backend_pid()`
        )) === 1
    )
    process.kill(killed.pid, 'SIGKILL')
    await killServer(killed)
    const next = await start(t, dataDir)
    t.not(next.pid, killed.pid)
    t.equal(await ask(next.url, `select to_regclass('kept') is not null`), true)
    await busy
  }
)

t.test(
  'E18 a postmaster.pid whose number now belongs to a stranger blocks nothing and hurts nobody',
  async t => {
    const dataDir = await dataDirectory(t)
    const first = await start(t, dataDir)
    const file = join(dataDir, 'postgres/cluster/postmaster.pid')
    const text = await readFile(file, 'utf8')
    await first.stop()
    const { uid, gid } = await stat(join(dataDir, 'postgres/cluster'))
    const stranger = spawn('/bin/sleep', ['600'], process.geteuid?.() === 0 ? { uid, gid } : {})
    t.teardown(() => stranger.kill('SIGKILL'))
    await once(stranger, 'spawn')
    await writeFile(file, text.replace(/^\d+/, String(stranger.pid)))
    const next = await start(t, dataDir)
    t.equal(await ask(next.url, 'select 1'), 1)
    t.equal(stranger.exitCode, null)
    t.ok(isAlive(stranger.pid ?? 0))
  }
)

t.test('E18 a postmaster.pid copied together with a running database names a stranger', async t => {
  const [one, two] = [await dataDirectory(t), await dataDirectory(t)]
  const original = await start(t, one)
  const { stop } = await start(t, two)
  await stop()
  const text = await readFile(join(one, 'postgres/cluster/postmaster.pid'), 'utf8')
  await writeFile(join(two, 'postgres/cluster/postmaster.pid'), text)
  const copy = await start(t, two)
  t.not(copy.pid, original.pid)
  t.equal(await ask(original.url, 'select 1'), 1)
})

t.test(
  'E18 a suspended leftover is woken, ended and replaced',
  { skip: process.platform === 'win32' },
  async t => {
    const dataDir = await dataDirectory(t)
    const killed = await startOther(t, dataDir)
    await killServer(killed)
    process.kill(killed.pid, 'SIGSTOP')
    const next = await start(t, dataDir)
    t.not(next.pid, killed.pid)
    t.notOk(isAlive(killed.pid))
  }
)

t.test(
  'E18 Ctrl-C, which interrupts all of a terminal, finds Postgres alive until its server stops it',
  { skip: process.platform === 'win32' && 'no process groups there' },
  async t => {
    const server = await startOther(t, await dataDirectory(t))
    const told = once(server.process, 'message')
    process.kill(-(server.process.pid ?? 0), 'SIGINT')
    t.match(await told, [{ interrupted: 'answered' }])
    t.notOk(isAlive(server.pid))
  }
)

t.test('E18 a database that was not stopped does not keep its server from ending', async t => {
  const dataDir = await dataDirectory(t)
  const server = await startOther(t, dataDir)
  const exited = once(server.process, 'exit')
  server.process.disconnect()
  await exited
  t.equal((await start(t, dataDir)).pid, server.pid)
})

t.test(
  'E18 a database whose directory is deleted under it says so once and is ended all the same',
  async t => {
    const dataDir = await dataDirectory(t)
    const ends: string[] = []
    const { pid, stop, said } = await start(t, dataDir, { onEnd: error => ends.push(error.message) })
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
    process.kill(pid, 'SIGQUIT') // it notices by itself too, within a minute
    t.ok(await until(() => ends.length > 0))
    t.match(ends, [/The embedded Postgres \(process \d+\) has ended: its data directory .* was deleted/])
    t.equal(said.filter(line => line === ends[0]).length, 1)
    await stop()
    t.notOk(isAlive(pid))
  }
)

t.test('E18 stop() ends a database whose directory was deleted a moment ago', async t => {
  const dataDir = await dataDirectory(t)
  const { pid, stop } = await start(t, dataDir)
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  await stop()
  t.notOk(isAlive(pid))
})

t.test('E18 the end of an adopted database is told, an end that was asked for is not', async t => {
  const dataDir = await dataDirectory(t)
  const killed = await startOther(t, dataDir)
  await killServer(killed)
  const ends: string[] = []
  const onEnd = (error: Error): unknown => ends.push(error.message)
  const adopted = await start(t, dataDir, { onEnd })
  t.equal(adopted.pid, killed.pid)
  process.kill(adopted.pid, 'SIGQUIT')
  t.ok(await until(() => ends.length > 0))
  t.match(ends, [/nobody here stopped it; its log .*postgres\.log may say why/])
  await adopted.stop()
  const next = await start(t, dataDir, { onEnd })
  await next.stop()
  t.equal(ends.length, 1)
})

t.test(
  'E18 the pid file of a live postmaster, or of one whose orphans still work, is never removed',
  async t => {
    const dataDir = await dataDirectory(t)
    const { pid } = await start(t, dataDir)
    const cluster = join(dataDir, 'postgres/cluster')
    await removeDeadFile(cluster)
    t.ok(await exists(join(cluster, 'postmaster.pid')))
    process.kill(pid, 'SIGSTOP')
    await removeDeadFile(cluster)
    t.ok(await exists(join(cluster, 'postmaster.pid')), 'suspended')
    process.kill(pid, 'SIGCONT')
    if (process.platform !== 'linux') return
    const file = join(cluster, 'postmaster.pid')
    await writeFile(file, (await readFile(file, 'utf8')).replace(/^\d+/, String(process.pid)))
    await removeDeadFile(cluster)
    t.ok(await exists(file), 'its number is a stranger, but processes work in the directory')
  }
)
