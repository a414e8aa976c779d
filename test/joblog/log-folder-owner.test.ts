// Whose a folder of job logs is.
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { ownerOfLogFolder } from '../../src/joblog/log-folder-owner.ts'

t.test('the first repository that comes owns the folder, and no other', async t => {
  const root = t.testdir()
  t.equal(await ownerOfLogFolder(path.join(root, 'nowhere'), 'one'), 'missing')
  t.equal(await ownerOfLogFolder(root, 'one'), 'this')
  t.equal(await ownerOfLogFolder(root, 'two'), 'another')
  t.equal(await ownerOfLogFolder(root, 'one'), 'this')
  t.same(fs.readdirSync(root), ['.batchyard-repository'], 'nothing else is left there')
})

t.test('of several that come at once exactly one owns it, and all servers of that one do', async t => {
  const root = t.testdir()
  const names = Array.from({ length: 20 }, (_, at) => `repository ${at % 2}`)
  const owned = await Promise.all(names.map(name => ownerOfLogFolder(root, name)))
  const owners = new Set(names.filter((_, at) => owned[at] === 'this'))
  t.equal(owners.size, 1)
  t.equal(owned.filter(owner => owner === 'this').length, 10)
})
