// When a chunk ends: item-count is in chunk-order.test.ts; here time-limit, custom algorithms, time-outs and stops.
import t from 'tap'
import { all, countTo, RecordedStep } from './recorded-step.ts'

const ALGORITHM = {
  checkpointTimeout: () => 0,
  beginCheckpoint: () => {},
  isReadyToCheckpoint: () => true,
  endCheckpoint: () => {}
}

t.test('time-limit ends a chunk after the item with which it has elapsed', async t => {
  let now = 0
  const sizes: number[] = []
  const step = new RecordedStep({
    reader: countTo(7),
    processor: { processItem: (n: number) => ((now += 500), n) },
    writer: { writeItems: (items: number[]) => void sizes.push(items.length) },
    chunk: { itemCount: 100, timeLimit: 2 },
    clock: { now: () => now }
  })
  await step.run()
  t.strictSame(sizes, [4, 3])
})

t.test('time-limit ends a chunk of which every item is skipped', async t => {
  let now = 0
  const step = new RecordedStep({
    reader: countTo(6),
    processor: {
      processItem: () => {
        now += 1000
        throw new Error('bad')
      }
    },
    chunk: { itemCount: 100, timeLimit: 2, skippable: all('Error') },
    clock: { now: () => now }
  })
  await step.run()
  t.equal(step.scope.stepContext.metrics.COMMIT_COUNT, 4)
})

t.test(
  'a custom algorithm decides alone: asked after each item, begun before the transaction, ended after the commit',
  async t => {
    let asked = 0
    const step = new RecordedStep({
      reader: countTo(3),
      algorithm: { ...ALGORITHM, isReadyToCheckpoint: async () => ++asked % 2 === 0 },
      chunk: { itemCount: 1, timeLimit: 1 }
    })
    const chunk = (reads: string) =>
      ` a.checkpointTimeout a.beginCheckpoint begin ${reads} w.writeItems r.checkpointInfo commit a.endCheckpoint`
    t.equal(
      await step.order(),
      'begin r.open commit' +
        chunk('r.readItem a.isReadyToCheckpoint r.readItem a.isReadyToCheckpoint') +
        chunk('r.readItem a.isReadyToCheckpoint r.readItem') +
        ' begin r.close commit'
    )
  }
)

t.test('while items are done again the algorithm is not asked, but still begun and ended', async t => {
  let failed = false
  const step = new RecordedStep({
    reader: countTo(2),
    processor: {
      processItem: (n: number) => {
        if (n === 2 && !failed) {
          failed = true
          throw new Error('once')
        }
        return n
      }
    },
    algorithm: { ...ALGORITHM, isReadyToCheckpoint: () => false },
    chunk: { retryable: all('Error') }
  })
  const order = await step.order()
  t.match(
    order,
    'a.beginCheckpoint begin r.readItem p.processItem w.writeItems r.checkpointInfo commit a.endCheckpoint'
  )
  t.equal(order.split('a.isReadyToCheckpoint').length - 1, 1)
})

t.test(
  'the transaction time-out is that of the algorithm, of the step property under either name, or 180 s',
  async t => {
    const timeoutsOf = async (properties: Record<string, string>, seconds?: number) => {
      const algorithm =
        seconds === undefined ? {} : { algorithm: { ...ALGORITHM, checkpointTimeout: () => seconds } }
      const step = new RecordedStep({ reader: countTo(0), properties, ...algorithm })
      await step.run()
      return step.transactions.timeouts.join()
    }
    t.equal(await timeoutsOf({}), '180,180,180')
    t.equal(await timeoutsOf({ 'jakarta.transaction.global.timeout': '20' }), '20,20,20')
    t.equal(await timeoutsOf({ 'javax.transaction.global.timeout': '0' }), '0,0,0')
    t.equal(await timeoutsOf({ 'javax.transaction.global.timeout': '20' }, 5), '20,5,20')
    t.equal(await timeoutsOf({ 'jakarta.transaction.global.timeout': '' }, 0), '180,180,180')
    const wrong = new RecordedStep({
      reader: countTo(0),
      properties: { 'jakarta.transaction.global.timeout': '1 min' }
    })
    t.match(await wrong.run(), { kind: 'failed', error: /whole number of seconds, not "1 min"/ })
  }
)

t.test(
  'a chunk that took longer than its time-out is rolled back, and retried where TransactionTimeout may be',
  async t => {
    const slowOnce = () => {
      let now = 0
      let slow = true
      return {
        clock: { now: () => now },
        writer: {
          writeItems: () => {
            if (slow) now += 21_000
            slow = false
          }
        }
      }
    }
    const properties = { 'jakarta.transaction.global.timeout': '20' }
    const failing = new RecordedStep({ reader: countTo(2), properties, ...slowOnce() })
    t.match(await failing.run(), { kind: 'failed', error: { name: 'TransactionTimeout' } })
    t.equal(failing.transactions.checkpoint, null)
    const retried = new RecordedStep({
      reader: countTo(2),
      properties,
      ...slowOnce(),
      chunk: { retryable: all('TransactionTimeout') }
    })
    t.match(await retried.run(), { kind: 'completed' })
    t.match(retried.scope.stepContext.metrics, { WRITE_COUNT: 2, ROLLBACK_COUNT: 1 })
  }
)

t.test(
  'a stop lets the item be finished, writes and commits what was read, closes and ends the step',
  async t => {
    const step: RecordedStep = new RecordedStep({
      reader: countTo(9),
      processor: {
        processItem: (n: number) => {
          if (n === 2) step.stop.request('stop')
          return n
        }
      },
      chunk: { itemCount: 5 }
    })
    t.equal(
      await step.order(),
      'begin r.open commit begin r.readItem p.processItem r.readItem p.processItem w.writeItems r.checkpointInfo commit begin r.close commit'
    )
    t.equal(step.transactions.checkpoint?.readerCheckpoint, 2)
  }
)

t.test('a stop is told by a commit as well; then no other chunk begins', async t => {
  const of = (callback: string) => {
    const step: RecordedStep = new RecordedStep({
      reader: countTo(9, { [callback]: () => void (step.transactions.stopping = true) }),
      listeners: [{ afterChunk: () => void (step.transactions.stopping = true) }],
      chunk: { itemCount: 2 }
    })
    return step
  }
  const inChunk = of('close')
  t.strictSame(await inChunk.run(), { kind: 'stopped' })
  t.equal(inChunk.transactions.checkpoint?.readerCheckpoint, 2)
  const atOpen = of('open')
  t.strictSame(await atOpen.run(), { kind: 'stopped' })
  t.equal(atOpen.transactions.checkpoint, null)
  t.match(atOpen.calls.join(' '), 'begin r.open commit begin r.close commit')
})

t.test('a stop that comes when the reader has nothing more leaves the step completed', async t => {
  const step: RecordedStep = new RecordedStep({
    reader: countTo(1),
    listeners: [{ afterChunk: () => step.stop.request('stop') }]
  })
  t.strictSame(await step.run(), { kind: 'completed' })
})

t.test('a stop comes in though reader and processor never wait', async t => {
  const step: RecordedStep = new RecordedStep({ reader: { readItem: () => 1 }, chunk: { itemCount: 1e9 } })
  // oxlint-disable-next-line no-restricted-globals -- a stop from outside, while the chunk is at work
  setTimeout(() => step.stop.request('stop'), 10)
  t.strictSame(await step.run(), { kind: 'stopped' })
})

t.test(
  'a stop ends retries that would never succeed: the chunk is rolled back, nothing of it is lost',
  async t => {
    const broken = () => {
      throw new Error('never')
    }
    for (const noRollback of [all('Error'), all()]) {
      const step: RecordedStep = new RecordedStep({
        reader: countTo(3),
        writer: { writeItems: broken },
        chunk: { retryable: all('Error'), noRollback }
      })
      // oxlint-disable-next-line no-restricted-globals -- a stop from outside, while the chunk is at work
      setTimeout(() => step.stop.request('stop'), 10)
      t.strictSame(await step.run(), { kind: 'stopped' })
      t.equal(step.transactions.checkpoint, null)
      t.strictSame(step.calls.slice(-2), ['rollback', 'release'], 'nothing is opened again')
      t.equal(
        step.calls.filter(call => call === 'r.open').length,
        step.calls.filter(call => call === 'r.close').length
      )
    }
  }
)
