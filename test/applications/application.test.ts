import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { findApplication, listApplications } from '../../src/applications/application.ts'
import { folderWith } from './support.ts'

t.test('an application is a folder with packaged JSL, a module or a package', async t => {
  const apps = await folderWith(t, {
    'packaged/batch-jobs/a.xml': '<job/>',
    'archive/META-INF/batch-jobs/a.xml': '<job/>',
    'common/artifacts.cjs': '',
    'inline/artifacts.mjs': '',
    'package/package.json': '{"main":"lib/main.js"}',
    'empty/README.md': '',
    'README.md': 'no folder',
    '.hidden/artifacts.ts': '',
    'node_modules/artifacts.ts': '',
    '배치 작업/artifacts.ts': ''
  })
  await symlink(join(apps, 'packaged'), join(apps, 'linked'))
  await symlink(join(apps, 'nowhere'), join(apps, 'dangling'))
  t.same(
    (await listApplications(apps)).map(one => one.name),
    ['archive', 'common', 'inline', 'linked', 'package', 'packaged', '배치 작업']
  )
  t.same(await findApplication(apps, '배치 작업'), { name: '배치 작업', directory: join(apps, '배치 작업') })
})

t.test('an unknown application is refused naming the first twenty there are', async t => {
  const names = Array.from({ length: 23 }, (_, index) => `app${String(index).padStart(2, '0')}`)
  const apps = await folderWith(t, Object.fromEntries(names.map(name => [`${name}/artifacts.js`, ''])))
  await t.rejects(findApplication(apps, 'App01'), {
    code: 'ApplicationUnknown',
    message: `There is no application App01; known are: ${names.slice(0, 20).join(', ')} and 3 more.`
  })
})

t.test('a name that is a path names no application', async t => {
  const root = await folderWith(t, { 'apps/a/artifacts.ts': '', 'secret/artifacts.ts': '' })
  await mkdir(join(root, 'apps', 'empty'))
  const hostile = ['', '.', '..', '../secret', 'a/', 'a/../a', './a', 'a\0', '\0', '..\\secret', 'empty', 'A']
  for (const name of [...hostile, join(root, 'secret'), '__proto__', 'a'.repeat(100_000)])
    await t.rejects(
      findApplication(join(root, 'apps'), name),
      { code: 'ApplicationUnknown' },
      name.slice(0, 40)
    )
})

t.test('a directory that is not there has no applications', async t => {
  const root = await folderWith(t, {})
  t.same(await listApplications(join(root, 'nowhere')), [])
  await t.rejects(findApplication(join(root, 'nowhere'), 'a'), { message: /known are: none\.$/ })
})
