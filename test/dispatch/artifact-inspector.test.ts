// Code that never comes to an end, or takes its thread with it, and is only asked what it exports.
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { createArtifactInspector } from '../../src/dispatch/artifact-inspector.ts'
import { JOB_LOG_LIMITS } from '../../src/joblog/job-log-writer.ts'

const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-inspector-')))
t.teardown(() => rm(directory, { recursive: true, force: true }))

function inspector(isolation: 'thread' | 'process', patienceMs: number) {
  return createArtifactInspector(
    {
      builtIn: {
        connections: {},
        inlineFolders: [],
        inlineURLs: [],
        inlineConnections: [],
        shell: 'off',
        shellEnvironment: {}
      },
      host: { isolation, heapMB: 128, environment: {}, compileCache: null, output: () => {} },
      jobLog: { jobLogRoot: directory, jobLogLimits: JOB_LOG_LIMITS }
    },
    patienceMs
  )
}

async function application(name: string, code: string, version = '1') {
  const folder = path.join(directory, name)
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'artifacts.mjs'), code)
  return { name, directory: folder, version }
}

for (const isolation of ['thread', 'process'] as const)
  t.test(
    `in a ${isolation}: an endless loop is given up, and the next one is asked all the same`,
    async t => {
      const asked = inspector(isolation, 3000)
      t.teardown(() => asked.close())
      const loop = asked.namesOf(await application('loop', 'for (;;);'))
      const waits = asked.namesOf(await application('waits', 'await new Promise(() => {})'))
      const fine = asked.namesOf(await application('fine', 'export const run = () => 1'))
      await t.rejects(loop, { message: /not loaded within 3 s/ })
      await t.rejects(waits)
      t.same(await fine, { exports: ['run'], ids: [] })
    }
  )

t.test('an answer is remembered until the code changes', async t => {
  const asked = inspector('thread', 10_000)
  t.teardown(() => asked.close())
  const first = await application('changing', 'export const one = () => 1')
  t.same((await asked.namesOf(first)).exports, ['one'])
  await application('changing', 'export const two = () => 1')
  t.same((await asked.namesOf(first)).exports, ['one'])
  t.same((await asked.namesOf({ ...first, version: '2' })).exports, ['two'])
})

t.test('a server that stops asks no more', async t => {
  const asked = inspector('thread', 60_000)
  const loop = asked.namesOf(await application('loop', 'for (;;);'))
  loop.catch(() => {})
  const next = asked.namesOf(await application('fine', 'export const run = () => 1'))
  next.catch(() => {})
  await asked.close()
  await t.rejects(loop)
  await t.rejects(next, { message: 'the server is shutting down' })
})
