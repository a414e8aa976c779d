// Without this file a stale lock might block a start for ever, or two servers might both believe they hold it.
import t, { type Test } from 'tap'
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { takeLock } from '../../../src/store/embedded/directory-lock.ts'
import { ANONYMOUS, processIdentity } from '../../../src/store/embedded/process-identity.ts'
import { temporaryDirectory } from './embedded-test.ts'

async function taker(t: Test, directory: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('lock-taker.ts', import.meta.url)), [directory], { execArgv: [] })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}

async function attempt(child: ChildProcess): Promise<unknown> {
  child.send('now')
  return ((await once(child, 'message')) as unknown[])[0]
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

t.test('E18 a held lock is refused with the pid of its holder, a released one is free', async t => {
  const directory = await temporaryDirectory(t)
  const first = await takeLock(directory)
  t.match(await takeLock(directory), { taken: false, holderPid: process.pid })
  if (!first.taken) return t.fail('the first attempt gets it')
  await first.lock.release()
  await first.lock.release()
  const second = await takeLock(directory)
  t.equal(second.taken, true)
  await first.lock.release()
  t.match(await takeLock(directory), { taken: false }, 'a release of an earlier life frees nothing')
})

t.test('E18 of many processes that find a dead holder exactly one wins, in every round', async t => {
  const directory = await temporaryDirectory(t)
  const children = await Promise.all(Array.from({ length: 6 }, () => taker(t, directory)))
  while (children.length > 1) {
    const results = await Promise.all(children.map(attempt))
    t.same(
      results.filter(result => result !== false),
      [true],
      `${children.length} processes`
    )
    const [winner] = children.splice(results.indexOf(true), 1)
    if (winner !== undefined) await kill(winner)
  }
  t.ok((await readdir(directory)).length <= 3, 'old lock files do not pile up')
})

t.test('E18 of many attempts on a free directory in one process exactly one wins', async t => {
  const directory = await temporaryDirectory(t)
  const attempts = await Promise.all(Array.from({ length: 20 }, () => takeLock(directory)))
  t.equal(attempts.filter(({ taken }) => taken).length, 1)
})

t.test('E18 a pid used again by another process, or before a reboot, holds nothing', async t => {
  for (const identity of ['another-boot/1', `${processIdentity(process.pid)}0`]) {
    const directory = await temporaryDirectory(t)
    const holder = { pid: process.pid, identity, takenAt: 0 }
    await writeFile(join(directory, 'lock.7'), JSON.stringify(holder))
    t.equal((await takeLock(directory)).taken, true, identity)
  }
})

t.test(
  'E18 where start times cannot be learnt, a live pid holds the lock unless the machine was booted since',
  async t => {
    const directory = await temporaryDirectory(t)
    const holder = { pid: process.pid, identity: ANONYMOUS, takenAt: Date.now() }
    await writeFile(join(directory, 'lock.1'), JSON.stringify(holder))
    t.equal((await takeLock(directory)).taken, false)
    await writeFile(join(directory, 'lock.1'), JSON.stringify({ ...holder, takenAt: 1 }))
    t.equal((await takeLock(directory)).taken, true)
  }
)

t.test('E18 a lock file that a power failure emptied or filled with rubbish holds nothing', async t => {
  for (const text of ['', '\0\0\0', 'null', '{"pid":-1}', '[]', '{"pid":"1"}']) {
    const directory = await temporaryDirectory(t)
    await writeFile(join(directory, 'lock.3'), text)
    t.equal((await takeLock(directory)).taken, true, JSON.stringify(text))
    t.match(JSON.parse(await readFile(join(directory, 'lock.4'), 'utf8')), { pid: process.pid })
  }
})

t.test('E18 an ended process has no identity, a live one keeps its own', async t => {
  t.equal(processIdentity(process.pid), processIdentity(process.pid))
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  t.not(processIdentity(child.pid ?? 0), null)
  t.not(processIdentity(child.pid ?? 0), processIdentity(process.pid))
  await kill(child)
  t.equal(processIdentity(child.pid ?? 0), null)
})
