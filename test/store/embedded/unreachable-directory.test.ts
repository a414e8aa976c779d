// Without this file root could not be sure to get a database from a checkout in its own home, nor that no other user slips in.
import t, { type Test } from 'tap'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findDatabaseUser, runAs } from '../../../src/store/embedded/database-user.ts'
import { findPostgresPackage } from '../../../src/store/embedded/postgres-package.ts'
import { findPostgresSoftware } from '../../../src/store/embedded/postgres-software.ts'
import { makeSafeDirectory } from '../../../src/store/embedded/safe-directory.ts'
import { copySoftware, missingLinks } from '../../../src/store/embedded/software-copy.ts'
import { AS_ROOT, ask, exists, start, startOther, temporaryDirectory } from './embedded-test.ts'

const ROOT_ONLY = { skip: AS_ROOT ? false : 'only root meets this' }
const quiet = { info: () => undefined, warn: () => undefined }

/** A copy of the installed package without its links, as npm leaves it where install scripts are forbidden. */
async function packageWithoutLinks(directory: string): Promise<string> {
  const from = findPostgresPackage()
  const native = join(directory, 'package/native')
  await cp(from, native, { recursive: true, filter: async path => !(await lstat(path)).isSymbolicLink() })
  await cp(join(dirname(from), 'package.json'), join(directory, 'package/package.json'))
  return native
}

async function placeOf(dataDir: string): Promise<string> {
  return (await readFile(join(dataDir, 'postgres/location'), 'utf8')).trim()
}

/** A data directory below one that only root can enter; what is kept elsewhere for it is removed after the test. */
async function closedDataDir(t: Test): Promise<string> {
  const home = await temporaryDirectory(t)
  await chmod(home, 0o700)
  const dataDir = join(home, 'checkout/.batchyard')
  t.teardown(async () => rm(await placeOf(dataDir), { recursive: true, force: true }))
  return dataDir
}

t.test(
  'E18 root runs the database as an unprivileged user, in the plain place where that user can reach it',
  ROOT_ONLY,
  async t => {
    const dataDir = join(await temporaryDirectory(t), '.batchyard')
    const { pid } = await start(t, dataDir)
    const cluster = await stat(join(dataDir, 'postgres/cluster'))
    t.not(cluster.uid, 0)
    t.equal(cluster.mode & 0o077, 0)
    t.match(
      await readFile(`/proc/${pid}/status`, 'latin1'),
      new RegExp(`Uid:\\s${cluster.uid}\\s${cluster.uid}\\s${cluster.uid}\\s`)
    )
    t.match(await readFile(`/proc/${pid}/status`, 'latin1'), /Groups:\s*\n/, 'no group of root is left to it')
  }
)

t.test(
  'E18 below a directory only root can enter the data go elsewhere, are found again, and the log says so',
  ROOT_ONLY,
  async t => {
    const dataDir = await closedDataDir(t)
    const first = await start(t, dataDir)
    const place = await placeOf(dataDir)
    t.match(first.said.join('\n'), new RegExp(`cannot enter.*the data are kept in ${place}`))
    t.match(await stat(place), { uid: 0 })
    await ask(first.url, 'create table kept ()')
    await first.stop()
    const second = await start(t, dataDir)
    t.equal(await ask(second.url, `select to_regclass('kept') is not null`), true)
    t.equal(await ask(second.url, 'show data_directory'), join(place, 'cluster'))
  }
)

t.test('E18 a copy of such a data directory is refused while the original runs', ROOT_ONLY, async t => {
  const dataDir = await closedDataDir(t)
  await start(t, dataDir)
  await cp(dataDir, `${dataDir}-copy`, { recursive: true })
  t.match((await startOther(t, `${dataDir}-copy`)).refused, /Another Batchyard/)
})

t.test('E18 data kept elsewhere that are gone are named, not replaced by an empty database', async t => {
  const dataDir = await temporaryDirectory(t)
  await mkdir(join(dataDir, 'postgres'))
  await writeFile(join(dataDir, 'postgres/location'), '/nowhere/batchyard/data-1\n')
  await t.rejects(start(t, dataDir), /was kept in \/nowhere\/batchyard\/data-1.*which is gone/)
  t.notOk(await exists(join(dataDir, 'postgres/cluster')))
})

t.test(
  'E18 binaries below a directory only root can enter are copied, once, and run as the unprivileged user',
  ROOT_ONLY,
  async t => {
    const home = await temporaryDirectory(t)
    const native = await packageWithoutLinks(home)
    await chmod(home, 0o700)
    const user = await findDatabaseUser('/nowhere')
    const [one, two] = await Promise.all([1, 2].map(() => findPostgresSoftware(native, home, user, quiet)))
    t.same(one, two)
    t.notOk(one?.postgres.startsWith(home))
    t.match(await runAs(user, one?.postgres ?? '', ['--version']), { ok: true })
  }
)

t.test('E18 links that the install script has not made are made in a copy, as links', async t => {
  const directory = await temporaryDirectory(t)
  const native = await packageWithoutLinks(directory)
  t.not((await missingLinks(native)).length, 0)
  const home = join(directory, 'home')
  await mkdir(home)
  const { postgres, version } = await findPostgresSoftware(native, home, null, quiet)
  t.match(version, /^\d+\.\d+$/)
  const copy = dirname(dirname(postgres))
  t.same(await missingLinks(copy), [])
  t.match(await readlink(join(copy, 'lib/libpq.so.5')), /^libpq\.so\.5\.\d+$/)
})

t.test('E18 two that copy at once get one whole copy; a damaged one is replaced', async t => {
  const directory = await temporaryDirectory(t)
  const native = await packageWithoutLinks(directory)
  const base = join(directory, 'copies')
  const works = async (copy: string): Promise<boolean> => exists(join(copy, 'bin/postgres'))
  const [one, two] = await Promise.all([copySoftware(native, base, works), copySoftware(native, base, works)])
  t.equal(one, two)
  t.equal((await readdir(base)).length, 1, 'nothing half-made stays')
  await rm(join(one ?? '', 'bin/postgres'))
  t.equal(await copySoftware(native, base, works), one)
  t.ok(await works(one ?? ''))
})

t.test('E18 a directory that somebody else could have prepared is not used', async t => {
  const directory = await temporaryDirectory(t)
  const path = (name: string): string => join(directory, name)
  t.equal(await makeSafeDirectory(path('new')), path('new'))
  t.equal(await makeSafeDirectory(path('new')), path('new'), 'our own is taken again')
  await symlink(path('new'), path('link'))
  t.equal(await makeSafeDirectory(path('link')), null, 'a link')
  await writeFile(path('file'), '')
  t.equal(await makeSafeDirectory(path('file')), null, 'a file')
  await mkdir(path('open'))
  await chmod(path('open'), 0o777)
  t.equal(await makeSafeDirectory(path('open')), null, 'writable for others')
  t.equal(
    await makeSafeDirectory(path('open/below')),
    null,
    'below a directory in which others may rename it'
  )
  await chmod(path('open'), 0o1777)
  t.equal(
    await makeSafeDirectory(path('open/sticky')),
    path('open/sticky'),
    'below a sticky one they may not'
  )
  if (!AS_ROOT) return
  await mkdir(path('foreign'))
  await chown(path('foreign'), 65534, 65534)
  t.equal(await makeSafeDirectory(path('foreign')), null, "somebody else's")
})

t.test(
  'E18 an ordinary user runs the database himself, and root can go on with it as that user',
  ROOT_ONLY,
  async t => {
    const directory = await temporaryDirectory(t)
    await chown(directory, 65534, 65534)
    const reachable = await runAs({ uid: 65534, gid: 65534, name: 'nobody' }, process.execPath, ['--version'])
    if (!reachable.ok) return t.comment('skipped: this checkout is out of reach for an ordinary user')
    const program = fileURLToPath(new URL('other-server.ts', import.meta.url))
    const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const
    const server = spawn(process.execPath, [program, directory], {
      uid: 65534,
      gid: 65534,
      stdio: [...stdio],
      env: {}
    })
    const [told] = (await once(server, 'message')) as [{ pid: number; url: string; refused?: string }]
    t.equal(told.refused, undefined)
    t.equal(await ask(told.url, 'select 1'), 1)
    t.equal((await stat(join(directory, 'postgres'))).mode & 0o777, 0o700)
    server.kill('SIGKILL')
    await once(server, 'exit')
    const asRoot = await start(t, directory)
    t.equal(asRoot.pid, told.pid, 'adopted')
    await asRoot.stop()
    t.equal(await ask((await start(t, directory)).url, 'select 1'), 1, 'started as its owner')
    t.equal((await stat(join(directory, 'postgres/postgres.log'))).uid, 65534)
  }
)
