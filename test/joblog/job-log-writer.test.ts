// Without this the log's layout and the rolling of its parts could change unnoticed.
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { JOB_LOG_LIMITS, JOB_LOGGER, JobLogWriter } from '../../src/joblog/job-log-writer.ts'
import type { EndedPart, JobLogLimits, JobLogWriterOptions } from '../../src/joblog/job-log-writer.ts'

const EXECUTION = 'job/2026-11-24/instance.148/execution.161'
const TIME = Date.UTC(2026, 10, 24, 13, 0, 4, 223)

function options(root: string, limits: Partial<JobLogLimits> = {}, more: Partial<JobLogWriterOptions> = {}) {
  return {
    root,
    executionPath: EXECUTION,
    subJob: {},
    limits: { ...JOB_LOG_LIMITS, ...limits },
    zone: 'UTC',
    now: () => TIME,
    ...more
  }
}

function read(root: string, part: string): string {
  return fs.readFileSync(path.join(root, EXECUTION, part), 'utf8')
}

function partsIn(root: string, folder = ''): string[] {
  return fs
    .readdirSync(path.join(root, EXECUTION, folder))
    .toSorted((a, b) => parseInt(a.slice(5)) - parseInt(b.slice(5)))
}

t.test('a line has the layout of a recorded log', async t => {
  const root = t.testdir()
  const writer = new JobLogWriter(options(root))
  writer.write(JOB_LOGGER, 'CWWKY0009I: hello')
  writer.write('x'.repeat(100), 'cut name')
  writer.write('a\nb', 'two\nlines')
  writer.close()
  t.same(read(root, 'part.1.log').split('\n'), [
    '[11/24/26, 13:00:04:223 UTC] com.ibm.ws.batch.JobLogger                                     CWWKY0009I: hello',
    `[11/24/26, 13:00:04:223 UTC] ${'x'.repeat(60)}   cut name`,
    `[11/24/26, 13:00:04:223 UTC] ${'a b'.padEnd(60)}   two`,
    'lines',
    ''
  ])
})

t.test('lines of a partition and of a flow say whose they are, in a folder of their own', async t => {
  const root = t.testdir()
  const flow = { split: 'split1', flow: 'flow1' }
  const partition = { step: 'step1', number: 0 }
  for (const subJob of [{ partition }, { flow }, { flow, partition }]) {
    const writer = new JobLogWriter(options(root, {}, { subJob }))
    writer.write('a', 'b')
    writer.close()
  }
  t.match(read(root, 'step.step1/partition.0/part.1.log'), /UTC\] \[step1 partition0\] a {62}b\n$/)
  t.match(read(root, 'split.split1/flow.flow1/part.1.log'), /UTC\] \[split1 flow1\] a {62}b\n$/)
  t.match(read(root, 'split.split1/flow.flow1/step.step1/partition.0/part.1.log'), /\[step1 partition0\] /)
})

t.test('a part is there also when nothing is logged', async t => {
  const root = t.testdir()
  const ended: EndedPart[] = []
  const opened: string[] = []
  const writer = new JobLogWriter(
    options(root, {}, { onPart: part => opened.push(part), onPartEnd: part => ended.push(part) })
  )
  t.same(opened, [`${EXECUTION}/part.1.log`])
  writer.close()
  writer.close()
  writer.write('a', 'too late')
  t.equal(read(root, 'part.1.log'), '')
  t.same(ended, [{ relativePath: `${EXECUTION}/part.1.log`, bytes: 0, records: 0 }])
})

t.test('a stack trace follows its message, with its causes, whatever was thrown', async t => {
  const root = t.testdir()
  const writer = new JobLogWriter(options(root))
  const circle = new Error('outer', { cause: new TypeError('inner') })
  if (circle.cause instanceof Error) circle.cause.cause = circle
  const nasty = {
    get a() {
      throw new Error('no')
    },
    toString: () => {
      throw new Error('no')
    }
  }
  writer.write('a', 'failed', circle)
  for (const thrown of [
    null,
    'text',
    42,
    Symbol('s'),
    nasty,
    Object.create(null),
    Object.assign(new Error('m'), { stack: 5 })
  ])
    writer.write('a', 'threw', thrown)
  writer.close()
  const log = read(root, 'part.1.log')
  t.match(log, /failed\nError: outer\n {4}at .*\n(.*\n)*Caused by: TypeError: inner\n/)
  t.equal(log.split('threw\n').length, 8)
  t.match(log, 'threw\nError: m\n')
})

t.test('a part ends after so many records, and none is empty', async t => {
  const root = t.testdir()
  const ended: number[] = []
  const writer = new JobLogWriter(
    options(root, { maxRecords: 1000 }, { onPartEnd: ({ records }) => ended.push(records) })
  )
  for (let line = 1; line <= 2000; line++) writer.write('a', `line ${line}`)
  t.same(partsIn(root), ['part.1.log', 'part.2.log'])
  writer.write('a', 'line 2001')
  writer.close()
  t.same(ended, [1000, 1000, 1])
  t.match(read(root, 'part.2.log'), /^\[.*line 1001\n/)
})

t.test('with 0 records a part each record is a file', async t => {
  const root = t.testdir()
  const writer = new JobLogWriter(options(root, { maxRecords: 0 }))
  for (let line = 1; line <= 12; line++) writer.write('a', `line ${line}`)
  writer.close()
  t.equal(partsIn(root).length, 12)
  t.match(read(root, 'part.12.log'), /line 12\n$/)
})

t.test('a part ends before its limit in bytes, counted in UTF-8', async t => {
  const root = t.testdir()
  const ended: EndedPart[] = []
  const writer = new JobLogWriter(
    options(root, { maxPartBytes: 1000 }, { onPartEnd: part => ended.push(part) })
  )
  for (let line = 0; line < 10; line++) writer.write('a', '홍'.repeat(100))
  writer.write('a', 'x'.repeat(5000))
  writer.close()
  t.same(
    ended.map(({ records }) => records),
    [2, 2, 2, 2, 2, 1]
  )
  for (const { relativePath, bytes } of ended) t.equal(fs.statSync(path.join(root, relativePath)).size, bytes)
})

t.test('a first record above the limit of a part does not leave an empty part before it', async t => {
  const root = t.testdir()
  const writer = new JobLogWriter(options(root, { maxPartBytes: 1000 }))
  writer.write('a', 'x'.repeat(5000))
  writer.close()
  t.same(partsIn(root), ['part.1.log'])
})

t.test(
  'a part ends after its seconds, with or without a further record, but not while it is empty',
  async t => {
    const root = t.testdir()
    let now = TIME
    const ended: number[] = []
    const more = { now: () => now, onPartEnd: ({ records }: EndedPart) => ended.push(records) }
    const writer = new JobLogWriter(options(root, { maxSeconds: 10 }, more))
    now += 60_000
    writer.tick()
    t.same(ended, [])
    writer.write('a', '1')
    now += 9_999
    writer.write('a', '2')
    t.same(ended, [1], 'the part was open for a minute when the second came')
    now += 10_000
    writer.tick()
    writer.tick()
    t.same(ended, [1, 1])
    t.same(partsIn(root), ['part.1.log', 'part.2.log'], 'the next one waits for a record')
    writer.write('a', '3')
    writer.close()
    t.same(ended, [1, 1, 1])
  }
)

t.test('a resumed execution goes on in the next part and leaves the old ones alone', async t => {
  const root = t.testdir()
  const writers = [1, 2, 3].map(() => new JobLogWriter(options(root, { maxRecords: 2 })))
  for (let line = 0; line < 6; line++)
    for (const [at, writer] of writers.entries()) writer.write('a', `writer ${at}`)
  for (const writer of writers) writer.close()
  const parts = partsIn(root)
  t.equal(parts.length, 9)
  for (const part of parts)
    t.equal(new Set(read(root, part).match(/writer \d/g)).size, 1, `${part} has one writer`)
})

t.test('text that no file should hold is replaced, and a huge message is cut', async t => {
  const root = t.testdir()
  const writer = new JobLogWriter(options(root))
  writer.write('a', 'nul \0 surrogate \ud800 end')
  writer.write('a', 'x'.repeat(100_000_000))
  writer.close()
  const [first, second] = read(root, 'part.1.log').split('\n')
  t.ok(first?.endsWith('nul \uFFFD surrogate \uFFFD end'))
  t.ok(second?.endsWith('x … (cut here: 98951424 characters more)'))
  t.ok(fs.statSync(path.join(root, EXECUTION, 'part.1.log')).size < 1_100_000)
})

t.test('job code that passes anything at all never sees an error', async t => {
  const root = t.testdir()
  const throws = () => {
    throw new Error('a listener')
  }
  const writer = new JobLogWriter(
    options(root, { maxRecords: 1 }, { onPart: throws, onPartEnd: throws, onTrouble: throws })
  )
  // What untyped job code may do.
  const untyped = writer as unknown as { write: (...values: unknown[]) => void }
  for (const value of [null, undefined, 1n, Symbol('s'), { toString: throws }]) {
    untyped.write(value, value, value)
    untyped.write('a', value)
  }
  writer.close()
  t.match(
    partsIn(root)
      .map(part => read(root, part))
      .join(''),
    /record is missing here/
  )
})
