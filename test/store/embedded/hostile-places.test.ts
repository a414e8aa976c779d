// Without this file root could be led, by what another user has prepared, to write, give away or serve what is not the database's.
import t from 'tap'
import { execFileSync } from 'node:child_process'
import {
  chmod,
  chown,
  cp,
  link,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { findDatabasePlace } from '../../../src/store/embedded/database-place.ts'
import { findPostgresPackage } from '../../../src/store/embedded/postgres-package.ts'
import { findPostgresSoftware } from '../../../src/store/embedded/postgres-software.ts'
import { createServerLog } from '../../../src/store/embedded/server-log.ts'
import { AS_ROOT, exists, start, temporaryDirectory } from './embedded-test.ts'

const ROOT_ONLY = { skip: AS_ROOT ? false : 'only root can be led further than others' }
const NOBODY = 65534

t.test('E18 a log that is a link, or has a second name, is neither written nor given away', async t => {
  const home = await temporaryDirectory(t)
  const secret = join(home, 'secret')
  await writeFile(secret, 'kept', { mode: 0o600 })
  if (AS_ROOT) await chown(home, NOBODY, NOBODY)
  const before = await stat(secret)
  const log = createServerLog(home, 1)
  for (const plant of [symlink, link]) {
    await plant(secret, log.path)
    await t.rejects(
      log.open(),
      { name: 'EmbeddedPostgresError', message: /is a link or no file/ },
      plant.name
    )
    await rm(log.path)
  }
  t.equal(await readFile(secret, 'utf8'), 'kept')
  t.equal((await stat(secret)).uid, before.uid)
  await (await log.open()).close()
})

t.test(
  'E18 root does not follow a record of the place that another user could have written',
  ROOT_ONLY,
  async t => {
    const [dataDir, elsewhere] = [await temporaryDirectory(t), await temporaryDirectory(t)]
    await mkdir(join(elsewhere, 'new-thing'))
    const home = join(dataDir, 'postgres')
    await mkdir(home)
    await writeFile(join(home, 'location'), `${elsewhere}\n`)
    await chown(home, NOBODY, NOBODY)
    await t.rejects(start(t, dataDir), { message: /^Root does not follow .*location to .*another user/ })
    t.ok(await exists(join(elsewhere, 'new-thing')), 'nothing was touched there')
  }
)

t.test(
  'E18 binaries out of reach, with no safe place for a copy, are named with the ways out',
  ROOT_ONLY,
  async t => {
    const directory = await temporaryDirectory(t)
    const native = join(directory, 'closed/native')
    await mkdir(join(directory, 'closed'), { mode: 0o700 })
    await cp(findPostgresPackage(), native, { recursive: true, verbatimSymlinks: true })
    const [foreign, led] = [join(directory, 'foreign'), join(directory, 'led')]
    await mkdir(foreign)
    await chown(foreign, NOBODY, NOBODY)
    await symlink(foreign, led)
    const user = { uid: NOBODY, gid: NOBODY, name: 'nobody' }
    const log = { info: () => undefined, warn: () => undefined }
    await t.rejects(findPostgresSoftware(native, directory, user, log, [foreign, led]), {
      message: new RegExp(
        `^User nobody.*can enter neither ${native} nor a copy of it: ${foreign}, ${led} have`
      )
    })
    t.same(await readdir(foreign), [])
  }
)

t.test('E18 a place that cannot be written is passed over for the next one', ROOT_ONLY, async t => {
  const [closed, base, next] = [
    await temporaryDirectory(t),
    await temporaryDirectory(t),
    await temporaryDirectory(t)
  ]
  const home = join(closed, 'postgres')
  await chmod(closed, 0o700)
  await mkdir(home)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,mode=755', 'tmpfs', base], { stdio: 'ignore' })
  } catch {
    return t.pass('a read-only disk', { skip: 'nothing can be mounted here' })
  }
  t.teardown(() => execFileSync('umount', ['-l', base]))
  const user = { uid: NOBODY, gid: NOBODY, name: 'nobody' }
  const log = { info: () => undefined, warn: () => undefined }
  const place = await findDatabasePlace(home, user, log, [base, next])
  t.equal(dirname(place), next)
  t.equal(await findDatabasePlace(home, user, log, []), place, 'and found again')
})

t.test('E18 root does not follow its own record to a directory that others can write', ROOT_ONLY, async t => {
  const [dataDir, elsewhere] = [await temporaryDirectory(t), await temporaryDirectory(t)]
  await mkdir(join(dataDir, 'postgres'))
  await chmod(elsewhere, 0o777)
  await writeFile(join(dataDir, 'postgres/location'), `${elsewhere}\n`)
  await t.rejects(start(t, dataDir), { message: /^Root does not follow/ })
})
