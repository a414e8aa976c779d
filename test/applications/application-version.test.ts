import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { applicationVersion } from '../../src/applications/application-version.ts'
import { folderWith } from './support.ts'

t.test('the version changes with the code and with nothing else', async t => {
  const directory = await folderWith(t, {
    'artifacts.ts': 'export const a = 1',
    'lib/part.js': '',
    'batch-jobs/a.xml': '<job/>',
    'node_modules/some/index.js': '',
    'report.csv': ''
  })
  const application = { name: 'app', directory }
  let version = await applicationVersion(application)
  const changes = async (title: string, expected: boolean) => {
    const next = await applicationVersion(application)
    t.equal(next !== version, expected, title)
    version = next
  }
  await changes('nothing', false)
  await writeFile(join(directory, 'artifacts.ts'), 'export const a = 22')
  await changes('another size', true)
  await utimes(join(directory, 'lib/part.js'), 1, 1)
  await changes('another time, below', true)
  await writeFile(join(directory, 'batch.xml'), '<batch-artifacts/>')
  await changes('batch.xml', true)
  await writeFile(join(directory, 'package.json'), '{}')
  await changes('package.json', true)
  await rm(join(directory, 'lib/part.js'))
  await changes('a file less', true)
  await writeFile(join(directory, 'batch-jobs/a.xml'), '<job id="x"/>')
  await writeFile(join(directory, 'report.csv'), 'rows')
  await writeFile(join(directory, 'node_modules/some/index.js'), 'changed')
  await changes('JSL, data, packages', false)
})

t.test('links are followed once, dangling ones not at all', async t => {
  const directory = await folderWith(t, { 'artifacts.ts': '' })
  const shared = await folderWith(t, { 'shared.ts': '' })
  const application = { name: 'app', directory }
  await mkdir(join(directory, 'deep'))
  // Two links back up: followed again and again they would be more paths than can be walked.
  await symlink(directory, join(directory, 'deep', 'up'))
  await symlink(directory, join(directory, 'deep', 'again'))
  await symlink(join(directory, 'nowhere.ts'), join(directory, 'dangling.ts'))
  await symlink(join(directory, 'circle.ts'), join(directory, 'circle.ts'))
  await symlink(shared, join(directory, 'shared'))
  const before = await applicationVersion(application)
  t.match(before, /^[0-9a-f]{32}$/)
  await writeFile(join(shared, 'shared.ts'), 'changed')
  t.not(await applicationVersion(application), before)
})
