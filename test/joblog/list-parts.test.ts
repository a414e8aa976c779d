import { mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { hasPart, inReadingOrder, listParts } from '../../src/joblog/list-parts.ts'

const PARTS = [
  'part.1.log',
  'part.2.log',
  'part.10.log',
  'split.a/flow.f/part.1.log',
  'split.a/flow.f/step.s/partition.0/part.1.log',
  'step.s/partition.2/part.1.log',
  'step.s/partition.2/part.2.log',
  'step.s/partition.10/part.1.log',
  'step.x/partition.0/part.1.log'
]

t.test('paths of parts are sorted as they are listed, wherever they come from', async t => {
  const root = t.testdir()
  for (const part of PARTS) {
    await mkdir(path.join(root, 'job/execution.1', path.dirname(part)), { recursive: true })
    await writeFile(path.join(root, 'job/execution.1', part), 'x')
  }
  t.same(await listParts(root, 'job/execution.1'), PARTS)
  for (let turn = 0; turn < PARTS.length; turn++) {
    const mixed = [...PARTS.slice(turn), ...PARTS.slice(0, turn)].reverse()
    t.same(mixed.sort(inReadingOrder), PARTS)
  }
  t.equal(inReadingOrder('part.1.log', 'part.1.log'), 0)
})

t.test('a part is seen where its file is, and nothing else is taken for one', async t => {
  const place = t.testdir({
    root: { job: { 'part.1.log': 'x', 'other.txt': 'x' } },
    outside: { 'part.1.log': 'x' }
  })
  const root = path.join(place, 'root')
  await symlink(path.join(place, 'outside'), path.join(root, 'job', 'link'))
  t.equal(await hasPart(root, 'job/part.1.log'), true)
  for (const none of [
    'job/part.2.log',
    'none/part.1.log',
    'job/other.txt',
    'job',
    '../outside/part.1.log',
    'job/link/part.1.log'
  ])
    t.equal(await hasPart(root, none), false, none)
})
