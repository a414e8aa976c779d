// Without this a download could differ from the recorded frames, eat the heap, leak file handles, or hang.
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { logEntries, streamText } from '../../src/joblog/job-log-reader.ts'
import { JOB_LOG_LIMITS, JobLogWriter } from '../../src/joblog/job-log-writer.ts'
import { listParts } from '../../src/joblog/list-parts.ts'

const EXECUTION = 'job/2026-11-24/instance.148/execution.161'

function logWith(t: { testdir: () => string }, files: Record<string, string>): string {
  const root = t.testdir()
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, EXECUTION, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, content)
  }
  return root
}

function handlesBelow(root: string): number {
  const open = fs.readdirSync('/proc/self/fd').map(fd => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      // The handle of this listing itself.
      return ''
    }
  })
  return open.filter(file => file.startsWith(root)).length
}

async function untilNoHandle(root: string): Promise<void> {
  const end = performance.now() + 5000
  while (handlesBelow(root) > 0 && performance.now() < end) await setImmediate()
}

async function errorOf(stream: Readable): Promise<Error | null> {
  stream.resume()
  await once(stream, 'close').catch(() => {})
  return stream.errored
}

t.test('the parts of a folder come before its sub-folders, and numbers count as numbers', async t => {
  const expected = [
    'part.1.log',
    'part.2.log',
    'part.10.log',
    'split.s/flow.f/part.1.log',
    'split.s/flow.f/step.x/partition.0/part.1.log',
    'step.step1/partition.2/part.1.log',
    'step.step1/partition.10/part.1.log',
    'step.step1/partition.10/part.2.log',
    'step.step2/partition.0/part.1.log'
  ]
  const root = logWith(t, Object.fromEntries(expected.toReversed().map(part => [part, ''])))
  t.same(await listParts(root, EXECUTION), expected)
  t.same(await listParts(root, `${EXECUTION}/`), expected)
})

t.test('what is not of the layout is no part', async t => {
  const root = logWith(t, {
    'part.1.log': '',
    'part.x.log': '',
    'part.1.log.bak': '',
    'notes.txt': '',
    'other/part.1.log': '',
    'step.a/part.1.log': '',
    'step.a/partition.x/part.1.log': '',
    'step.a/partition.0/step.b/partition.0/part.1.log': '',
    'split.s/part.1.log': '',
    'split.s/flow.f/split.s/flow.f/part.1.log': '',
    'part.2.log/part.1.log': ''
  })
  t.same(await listParts(root, EXECUTION), ['part.1.log'])
  t.same(await listParts(root, 'job/2026-11-24/instance.148/execution.999'), [], 'a missing folder has none')
  t.same(await listParts(path.join(root, 'nowhere'), EXECUTION), [])
})

t.test('links lead nowhere, neither in a listing nor in a download', async t => {
  const outside = t.testdir({ secret: 'secret', 'part.1.log': 'secret', root: {} })
  const root = path.join(outside, 'root')
  const folder = path.join(root, EXECUTION)
  fs.mkdirSync(folder, { recursive: true })
  fs.symlinkSync(path.join(outside, 'secret'), path.join(folder, 'part.1.log'))
  fs.symlinkSync(outside, path.join(folder, 'step.a'))
  fs.symlinkSync(outside, path.join(root, 'link'))
  t.same(await listParts(root, EXECUTION), [])
  t.same(await listParts(root, 'link'), [])
  t.same(await listParts(root, '..'), [])
  for (const relativePath of [`${EXECUTION}/part.1.log`, 'link/part.1.log', '../secret', '..']) {
    const error = await errorOf(streamText(root, [{ relativePath, name: 'x' }], { frame: false }))
    t.match(error, /not a job log part/, relativePath)
  }
})

t.test('the frames around each part are those of the recorded answers', async t => {
  const root = logWith(t, { 'part.1.log': 'one\n', 'step.s/partition.0/part.1.log': 'two\n\n' })
  const parts = await listParts(root, EXECUTION)
  t.equal(
    await text(streamText(root, logEntries(EXECUTION, parts, 'execution'), { frame: true })),
    'xxxxx Begin file: execution.161/part.1.log xxxxxxxxxxxxxxxxxx\none\n\nxxxxx End file: execution.161/part.1.log xxxxxxxxxxxxxxxxxx\n' +
      'xxxxx Begin file: execution.161/step.s/partition.0/part.1.log xxxxxxxxxxxxxxxxxx\ntwo\n\n\n' +
      'xxxxx End file: execution.161/step.s/partition.0/part.1.log xxxxxxxxxxxxxxxxxx\n'
  )
  const ofInstance = logEntries(`${EXECUTION}/`, ['part.1.log'], 'instance')
  t.match(
    await text(streamText(root, ofInstance, { frame: true })),
    /^xxxxx Begin file: instance.148\/execution.161\/part.1.log x{18}\n/
  )
  t.equal(await text(streamText(root, ofInstance, { frame: false })), 'one\n', 'a single part has none')
  t.equal(await text(streamText(root, [], { frame: true })), '')
})

t.test('a download while the job writes ends, with the whole lines that were there', async t => {
  const root = t.testdir()
  const writer = new JobLogWriter({
    root,
    executionPath: EXECUTION,
    subJob: {},
    limits: JOB_LOG_LIMITS,
    zone: 'UTC',
    now: Date.now
  })
  for (let line = 0; line < 900; line++) writer.write('a', 'x'.repeat(1000))
  let writing = true
  const goOn = async () => {
    while (writing) {
      writer.write('a', 'x'.repeat(1000))
      await setImmediate()
    }
  }
  const writes = goOn()
  const log = await text(
    streamText(root, logEntries(EXECUTION, ['part.1.log'], 'execution'), { frame: false })
  )
  writing = false
  await writes
  writer.close()
  t.match(log.slice(-10), 'x\n')
  t.ok(log.split('\n').length > 900)
})

t.test('200 MB are sent with a few MB of memory, and wait for a slow reader', async t => {
  const root = logWith(t, { 'part.1.log': 'x' })
  fs.truncateSync(path.join(root, EXECUTION, 'part.1.log'), 200 * 1024 * 1024)
  const stream = streamText(root, logEntries(EXECUTION, ['part.1.log'], 'execution'), { frame: true })
  await once(stream, 'readable')
  for (let turn = 0; turn < 200; turn++) await setImmediate()
  t.ok(stream.readableLength < 1024 * 1024, 'nothing is read ahead for a reader that does not read')
  const before = process.memoryUsage.rss()
  let most = 0
  let bytes = 0
  for await (const chunk of stream) {
    bytes += (chunk as Uint8Array).length
    most = Math.max(most, process.memoryUsage.rss())
  }
  t.ok(bytes > 200 * 1024 * 1024)
  t.ok(most - before < 100 * 1024 * 1024, `${Math.round((most - before) / 1024 / 1024)} MB`)
})

t.test(
  'a client that goes away leaves no file open',
  { skip: process.platform !== 'linux' && 'needs /proc' },
  async t => {
    const root = logWith(t, { 'part.1.log': 'x'.repeat(5_000_000), 'part.2.log': 'x' })
    const parts = await listParts(root, EXECUTION)
    const stream = streamText(root, logEntries(EXECUTION, parts, 'execution'), { frame: true })
    await once(stream, 'readable')
    t.ok([1, 2].includes(handlesBelow(root)), 'the part that is sent, and the next one')
    stream.destroy()
    await untilNoHandle(root)
    t.equal(handlesBelow(root), 0)
  }
)

t.test('a part that is purged or cut short midway ends the download with an error', async t => {
  const root = logWith(t, { 'part.1.log': 'x'.repeat(5_000_000), 'part.2.log': 'x', 'part.3.log': 'x' })
  const entries = logEntries(EXECUTION, await listParts(root, EXECUTION), 'execution')
  const purged = streamText(root, entries, { frame: true })
  await once(purged, 'readable')
  fs.rmSync(path.join(root, EXECUTION, 'part.3.log'))
  t.match(await errorOf(purged), { code: 'ENOENT' })
  const short = streamText(root, entries, { frame: true })
  await once(short, 'readable')
  fs.truncateSync(path.join(root, EXECUTION, 'part.1.log'), 10)
  t.match(await errorOf(short), /became shorter/)
})
