// Without this file a killed server's Postgres might meet a second one on its data, which destroys them.
import t from 'tap'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ask, isAlive, killServer, start, startOther, temporaryDirectory, until } from './embedded-test.ts'

t.test('kill -9 of the server leaves a Postgres that the next start adopts and stop() ends', async t => {
  const dataDir = await temporaryDirectory(t)
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

t.test('a leftover with other settings is ended and started anew', async t => {
  const dataDir = await temporaryDirectory(t)
  const killed = await startOther(t, dataDir, { max_connections: '20' })
  await killServer(killed)
  const next = await start(t, dataDir)
  t.not(next.pid, killed.pid)
  t.notOk(isAlive(killed.pid))
  t.equal(await ask(next.url, 'show max_connections'), '100')
})

t.test('a leftover that does not take our password is ended and started anew', async t => {
  const dataDir = await temporaryDirectory(t)
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

t.test('a leftover whose processes outlive their killed postmaster delays the start, no more', async t => {
  const dataDir = await temporaryDirectory(t)
  const killed = await startOther(t, dataDir)
  await ask(killed.url, 'create table kept ()')
  const busy = ask(killed.url, 'select count(*) from generate_series(1, 15000000)').catch(() => 'cut')
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
})

t.test('a postmaster.pid whose number now belongs to a stranger blocks nothing and hurts nobody', async t => {
  const dataDir = await temporaryDirectory(t)
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
})

t.test('a postmaster.pid copied together with a running database names a stranger', async t => {
  const [one, two] = [await temporaryDirectory(t), await temporaryDirectory(t)]
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
  'a suspended leftover is woken, ended and replaced',
  { skip: process.platform === 'win32' },
  async t => {
    const dataDir = await temporaryDirectory(t)
    const killed = await startOther(t, dataDir)
    await killServer(killed)
    process.kill(killed.pid, 'SIGSTOP')
    const next = await start(t, dataDir)
    t.not(next.pid, killed.pid)
    t.notOk(isAlive(killed.pid))
  }
)

t.test('Ctrl-C in the terminal does not reach Postgres', { skip: process.platform !== 'linux' }, async t => {
  const server = await startOther(t, await temporaryDirectory(t))
  const [, session] =
    /\) \S (?:\d+ ){2}(\d+)/.exec(await readFile(`/proc/${server.pid}/stat`, 'latin1')) ?? []
  t.equal(Number(session), server.pid, 'it has a session of its own')
})

t.test('a database that was not stopped does not keep its server from ending', async t => {
  const dataDir = await temporaryDirectory(t)
  const server = await startOther(t, dataDir)
  const exited = once(server.process, 'exit')
  server.process.disconnect()
  await exited
  t.equal((await start(t, dataDir)).pid, server.pid)
})

t.test('a database whose directory was deleted under it is ended all the same', async t => {
  const dataDir = join(await temporaryDirectory(t), 'data')
  const { pid, stop } = await start(t, dataDir)
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  await stop()
  t.notOk(isAlive(pid))
})
