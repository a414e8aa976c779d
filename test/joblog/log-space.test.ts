// The counters behind the caps on job logs: shared by threads, told nothing twice, and right after a walk.
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { bytesIn, JobLogSpaces } from '../../src/joblog/job-log-spaces.ts'
import { CountedSpace, LogCounter } from '../../src/joblog/log-space.ts'

const MB = 1024 * 1024
const NEVER = new AbortController().signal

t.test('what is taken is there once, over threads too', async t => {
  const counter = LogCounter.of(100_000)
  const code = `
    const { workerData, parentPort } = require('node:worker_threads')
    import(workerData.module).then(({ LogCounter }) => {
      const counter = new LogCounter(workerData.memory)
      let taken = 0
      for (let turn = 0; turn < 20000; turn++) {
        const some = counter.take(7)
        if (turn % 3 === 0) counter.give(some)
        else taken += some
      }
      parentPort.postMessage(taken)
    })`
  const module = new URL('../../src/joblog/log-space.ts', import.meta.url).href
  const taken = await Promise.all(
    [1, 2, 3].map(
      () =>
        new Promise<number>((resolve, reject) => {
          const worker = new Worker(code, { eval: true, workerData: { module, memory: counter.memory } })
          worker.once('message', resolve).once('error', reject)
        })
    )
  )
  t.equal(
    taken.reduce((sum, some) => sum + some),
    100_000
  )
  t.equal(counter.left, 0)
  t.equal(counter.take(1), 0)
  counter.give(-50)
  t.equal(counter.left, -50)
  t.equal(counter.take(1), 0)
})

t.test('the narrower of two caps decides, and is the one that is named', async t => {
  const shortages = { execution: 'execution', total: 'total' }
  const [execution, total] = [LogCounter.of(100), LogCounter.of(150)]
  const space = new CountedSpace({ execution: execution.memory, total: total.memory, shortages })
  t.equal(space.take(80), 80)
  t.equal(space.take(80), 20)
  t.equal(space.shortage, 'execution')
  const other = LogCounter.of(100)
  const next = new CountedSpace({ execution: other.memory, total: total.memory, shortages })
  t.equal(next.take(80), 50)
  t.equal(next.shortage, 'total')
  t.equal(other.left, 50, 'what the folder had no room for is not counted')
  next.give(30)
  t.same([other.left, total.left], [80, 30])
})

t.test(
  'units of one execution share their counter, an interrupted one counts what it wrote before',
  async t => {
    const root = t.testdir({ job: {} })
    await mkdir(path.join(root, 'job/execution.1/step.s/partition.0'), { recursive: true })
    await writeFile(path.join(root, 'job/execution.1/part.1.log'), Buffer.alloc(1000))
    await writeFile(path.join(root, 'job/execution.1/step.s/partition.0/part.1.log'), Buffer.alloc(500))
    const spaces = new JobLogSpaces(root, { executionMB: 1, totalMB: 0 })
    t.equal(spaces.counts, false)
    const left = async (executionId: number, folder: string | null) =>
      new LogCounter((await spaces.open(executionId, folder))!.execution!).left
    t.same(await Promise.all([left(1, 'job/execution.1/'), left(1, null)]), [MB - 1500, MB - 1500])
    t.equal(await left(2, 'job/missing'), MB)
    spaces.close(1)
    t.equal(await left(1, null), MB - 1500, 'one of its units is still at work')
    spaces.close(1)
    spaces.close(1)
    t.equal(await left(1, null), MB)
    t.equal(await new JobLogSpaces(root, { executionMB: 0, totalMB: 0 }).open(1, null), null)
  }
)

t.test('a walk finds what is there, and leaves right what was counted before and since', async t => {
  const root = t.testdir({ a: { b: {} } })
  const spaces = new JobLogSpaces(root, { executionMB: 0, totalMB: 1 })
  const { total } = (await spaces.open(1, null))!
  const counter = new LogCounter(total!)
  await writeFile(path.join(root, 'a/b/part.1.log'), Buffer.alloc(MB / 2))
  counter.take(1000)
  const walk = spaces.measure(NEVER)
  counter.take(200)
  await walk
  t.equal(counter.left, MB / 2 - 200, 'the file holds the thousand')
  await spaces.measure(NEVER)
  t.equal(counter.left, MB / 2)
  spaces.freed(MB / 4)
  t.equal(counter.left, MB / 2 + MB / 4)
  await spaces.measure(AbortSignal.abort())
  t.equal(counter.left, MB / 2 + MB / 4, 'a walk that was ended counts nothing')
  t.equal(await bytesIn(path.join(root, 'missing')), 0)
})

t.test('a trouble is news once an execution, a full folder once until there is room', async t => {
  const spaces = new JobLogSpaces(t.testdir(), { executionMB: 1, totalMB: 1 })
  const { shortages } = (await spaces.open(1, null))!
  await spaces.open(2, null)
  t.same(
    [
      spaces.isNews(1, 'ENOSPC'),
      spaces.isNews(1, 'ENOSPC'),
      spaces.isNews(1, 'EIO'),
      spaces.isNews(2, 'EIO')
    ],
    [true, false, true, true]
  )
  t.same([spaces.isNews(1, shortages.total), spaces.isNews(2, shortages.total)], [true, false])
  spaces.freed(1)
  t.equal(spaces.isNews(2, shortages.total), true)
  t.equal(spaces.isNews(3, 'EIO'), true, 'nobody knows of it any more')
})
