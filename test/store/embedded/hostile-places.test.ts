// Without this file root could be led, by what another user has prepared, to write, give away or serve what is not the database's.
import t from 'tap'
import { chmod, chown, link, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createServerLog } from '../../../src/store/embedded/server-log.ts'
import { AS_ROOT, exists, start, temporaryDirectory } from './embedded-test.ts'

const ROOT_ONLY = { skip: AS_ROOT ? false : 'only root can be led further than others' }
const NOBODY = 65534

t.test('a log that is a link, or has a second name, is neither written nor given away', async t => {
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
  'root does not follow a record of the place that another user could have written',
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

t.test('root does not follow its own record to a directory that others can write', ROOT_ONLY, async t => {
  const [dataDir, elsewhere] = [await temporaryDirectory(t), await temporaryDirectory(t)]
  await mkdir(join(dataDir, 'postgres'))
  await chmod(elsewhere, 0o777)
  await writeFile(join(dataDir, 'postgres/location'), `${elsewhere}\n`)
  await t.rejects(start(t, dataDir), { message: /^Root does not follow/ })
})
