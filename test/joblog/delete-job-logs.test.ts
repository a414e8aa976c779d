// Without this a purge could delete what is not a job log, or leave what is.
import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { deleteJobLogs, removeOrphans } from '../../src/joblog/delete-job-logs.ts'

const DAY = 'job/2026-11-24'

function rootWith(t: { testdir: () => string }, executions: readonly string[]): string {
  const root = path.join(t.testdir(), 'joblogs')
  for (const execution of executions) {
    const folder = path.join(root, execution, 'step.a/partition.0')
    fs.mkdirSync(folder, { recursive: true })
    fs.writeFileSync(path.join(folder, 'part.1.log'), 'x')
  }
  return root
}

function foldersIn(root: string): string[] {
  const all = fs.readdirSync(root, { recursive: true, encoding: 'utf8' })
  return all.filter(name => /^(?!link).*execution\.\d+$/.test(name)).toSorted()
}

t.test('an execution or a whole instance goes, and the folders above that became empty', async t => {
  const root = rootWith(t, [
    `${DAY}/instance.1/execution.1`,
    `${DAY}/instance.1/execution.2`,
    'job/2026-11-25/instance.2/execution.3'
  ])
  t.same(await deleteJobLogs(root, [`${DAY}/instance.1/execution.1/`]), [])
  t.same(foldersIn(root), [`${DAY}/instance.1/execution.2`, 'job/2026-11-25/instance.2/execution.3'])
  t.same(await deleteJobLogs(root, [`${DAY}/instance.1`]), [])
  t.notOk(fs.existsSync(path.join(root, DAY)), 'the day is empty')
  t.ok(fs.existsSync(path.join(root, 'job')), 'the job is not')
  t.same(await deleteJobLogs(root, ['job/2026-11-25/instance.2/execution.3']), [])
  t.same(fs.readdirSync(root), [], 'the root stays')
})

t.test('what is not there counts as deleted', async t => {
  const root = rootWith(t, [`${DAY}/instance.1/execution.1`])
  t.same(
    await deleteJobLogs(root, [
      `${DAY}/instance.7`,
      'other/2026-11-24/instance.1',
      `${DAY}/instance.1/execution.9`
    ]),
    []
  )
  t.same(await deleteJobLogs(path.join(root, 'nowhere'), [`${DAY}/instance.1`]), [])
  t.equal(foldersIn(root).length, 1)
})

t.test('anything that is not the folder of a job log is refused, and nothing is deleted', async t => {
  const root = rootWith(t, [`${DAY}/instance.1/execution.1`])
  const paths = [
    '',
    '.',
    '/',
    '..',
    'job',
    DAY,
    `${DAY}/`,
    `/${DAY}/instance.1`,
    `../joblogs/${DAY}/instance.1`,
    `./${DAY}/instance.1`,
    `../2026-11-24/instance.1`,
    `${DAY}/instance.1/..`,
    `${DAY}/instance.1/execution.1/..`,
    `${DAY}/instance.1/execution.1/step.a`,
    `${DAY}//instance.1`,
    `${DAY}/instance.x`,
    `${DAY}/instance.1\0`,
    root
  ]
  const failures = await deleteJobLogs(root, paths)
  t.same(
    failures.map(({ relativePath }) => relativePath),
    paths
  )
  t.equal(foldersIn(root).length, 1)
  const piece = fc.constantFrom(
    '..',
    '.',
    '/',
    'job',
    '2026-11-24',
    'instance.1',
    'execution.1',
    '\\',
    '\0',
    ''
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece), async pieces => {
      const [first] = await deleteJobLogs(root, [pieces.join('')])
      return first !== undefined && fs.existsSync(path.join(root, DAY, 'instance.1/execution.1'))
    })
  )
})

t.test('links are not followed: one on the way is refused, one inside goes, its target stays', async t => {
  const root = rootWith(t, [`${DAY}/instance.1/execution.1`])
  const target = path.join(root, '../precious')
  fs.mkdirSync(path.join(target, '2026-11-24/instance.5'), { recursive: true })
  fs.symlinkSync(target, path.join(root, 'link'))
  fs.symlinkSync(target, path.join(root, DAY, 'instance.1/execution.1/step.b'))
  fs.symlinkSync(target, path.join(root, DAY, 'instance.2'))
  const paths = ['link/2026-11-24/instance.5', `${DAY}/instance.2`, `${DAY}/instance.1`]
  const failures = await deleteJobLogs(root, paths)
  t.same(
    failures.map(({ relativePath }) => relativePath),
    paths.slice(0, 2)
  )
  t.match(failures[0]?.error.message, /is a link/)
  t.ok(fs.existsSync(path.join(target, '2026-11-24/instance.5')))
  t.notOk(fs.existsSync(path.join(root, DAY, 'instance.1')))
})

t.test('a root that is a link itself is the administrator’s choice', async t => {
  const root = rootWith(t, [`${DAY}/instance.1/execution.1`])
  fs.symlinkSync(root, `${root}-link`)
  t.same(await deleteJobLogs(`${root}-link`, [`${DAY}/instance.1`]), [])
  t.same(fs.readdirSync(root), [])
})

t.test('the janitor removes the folders of instances that do not exist, and nothing else', async t => {
  const root = rootWith(t, [
    `${DAY}/instance.1/execution.1`,
    `${DAY}/instance.2/execution.2`,
    'gone/2026-11-24/instance.3/execution.3',
    'gone/2026-11-25/instance.3/execution.4'
  ])
  fs.mkdirSync(path.join(root, 'job/notes/instance.9'), { recursive: true })
  fs.mkdirSync(path.join(root, DAY, 'lost+found'))
  fs.symlinkSync(path.join(root, DAY), path.join(root, 'link'))
  const asked: number[] = []
  const exists = async (instanceId: number) => {
    asked.push(instanceId)
    return instanceId === 1
  }
  t.same(await removeOrphans(root, exists), { removed: 3, failures: [] })
  t.same(
    asked.toSorted((a, b) => a - b),
    [1, 2, 3, 3]
  )
  t.same(foldersIn(root), [`${DAY}/instance.1/execution.1`])
  t.notOk(fs.existsSync(path.join(root, 'gone')))
  t.ok(fs.existsSync(path.join(root, 'job/notes/instance.9')))
  t.ok(fs.existsSync(path.join(root, DAY, 'lost+found')))
  t.same(await removeOrphans(path.join(root, 'nowhere'), exists), { removed: 0, failures: [] })
})

t.test('the janitor stops when it is told to, and when nobody can say what exists', async t => {
  const root = rootWith(
    t,
    [1, 2, 3, 4].map(id => `${DAY}/instance.${id}/execution.${id}`)
  )
  const stop = new AbortController()
  const first = await removeOrphans(root, async () => (stop.abort(), false), { signal: stop.signal })
  t.equal(first.removed, 1)
  await t.rejects(
    removeOrphans(root, () => Promise.reject(new Error('no database'))),
    /no database/
  )
  t.equal(foldersIn(root).length, 3)
})
