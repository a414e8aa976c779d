// The order of calls of a chunk step in which nothing fails (JSR-352 §11.6 to §11.8).
import t from 'tap'
import { countTo, RecordedStep } from './recorded-step.ts'

const chunkListener = { beforeChunk: () => {}, afterChunk: () => {}, onError: () => {} }

t.test('a chunk is read and processed item by item, written as one list, and committed', async t => {
  const step = new RecordedStep({
    reader: countTo(3),
    processor: { processItem: (n: number) => n * 10 },
    writer: { open: () => {}, writeItems: () => {}, checkpointInfo: () => {}, close: () => {} },
    chunk: { itemCount: 2 }
  })
  t.equal(
    await step.order(),
    'begin r.open w.open commit' +
      ' begin r.readItem p.processItem r.readItem p.processItem w.writeItems r.checkpointInfo w.checkpointInfo commit' +
      ' begin r.readItem p.processItem r.readItem w.writeItems r.checkpointInfo w.checkpointInfo commit' +
      ' begin w.close r.close commit'
  )
  t.match(step.scope.stepContext.metrics, {
    READ_COUNT: 3,
    WRITE_COUNT: 3,
    COMMIT_COUNT: 2,
    ROLLBACK_COUNT: 0
  })
  t.strictSame(step.collected, [true, true])
  t.equal(step.calls.at(-1), 'release')
  t.equal(step.transactions.savepoints, 0, 'nothing may be skipped or retried, so no savepoint is paid for')
})

t.test('listeners stand around what they listen to, afterRead also for the last null', async t => {
  const none = () => {}
  const listeners = [
    { ...chunkListener, beforeRead: none, afterRead: none, beforeProcess: none, afterProcess: none },
    { beforeWrite: none, afterWrite: none }
  ]
  const step = new RecordedStep({
    reader: countTo(1),
    processor: { processItem: (n: number) => n },
    listeners,
    chunk: { itemCount: 1 }
  })
  t.equal(
    await step.order(),
    'begin r.open commit' +
      ' begin beforeChunk beforeRead r.readItem afterRead beforeProcess p.processItem afterProcess' +
      ' beforeWrite w.writeItems afterWrite afterChunk r.checkpointInfo commit' +
      ' begin beforeChunk beforeRead r.readItem afterRead afterChunk r.checkpointInfo commit' +
      ' begin r.close commit'
  )
  t.equal(step.scope.stepContext.metrics.COMMIT_COUNT, 2, 'the empty last chunk is counted')
  t.strictSame(step.collected, [true, false], 'the empty last chunk wrote nothing')
})

t.test('a reader with nothing to read makes one empty chunk', async t => {
  const step = new RecordedStep({ reader: countTo(0), listeners: [chunkListener] })
  t.equal(
    await step.order(),
    'begin r.open commit begin beforeChunk r.readItem afterChunk r.checkpointInfo commit begin r.close commit'
  )
})

t.test('undefined is the end of the input as well, and listeners hear null', async t => {
  const heard: unknown[] = []
  const step = new RecordedStep({
    reader: { readItem: () => undefined },
    listeners: [{ afterRead: (item: unknown) => void heard.push(item) }]
  })
  t.strictSame(await step.run(), { kind: 'completed' })
  t.strictSame(heard, [null])
})

t.test(
  'a chunk of which all is filtered is written as an empty list, but not when the input ended in it',
  async t => {
    const lists: number[][] = []
    const step = new RecordedStep({
      reader: countTo(3),
      processor: { processItem: () => null },
      writer: { writeItems: (items: number[]) => void lists.push(items) },
      chunk: { itemCount: 2 }
    })
    await step.run()
    t.strictSame(lists, [[]])
    t.match(step.scope.stepContext.metrics, {
      READ_COUNT: 3,
      FILTER_COUNT: 3,
      WRITE_COUNT: 0,
      COMMIT_COUNT: 2
    })
  }
)

t.test('each method may answer a promise', async t => {
  const written: number[] = []
  let last = 0
  const step = new RecordedStep({
    reader: { readItem: async () => (last < 3 ? ++last : null) },
    processor: { processItem: async (n: number) => (n === 2 ? undefined : n) },
    writer: { writeItems: async (items: number[]) => void written.push(...items) },
    listeners: [{ beforeRead: async () => {}, afterChunk: async () => {} }]
  })
  t.strictSame(await step.run(), { kind: 'completed' })
  t.strictSame(written, [1, 3])
  t.equal(step.scope.stepContext.metrics.FILTER_COUNT, 1)
})

t.test(
  'without a processor the writer gets what was read, and process listeners are called all the same',
  async t => {
    const heard: unknown[] = []
    const written: number[] = []
    const step = new RecordedStep({
      reader: countTo(1),
      writer: { writeItems: (items: number[]) => void written.push(...items) },
      listeners: [{ afterProcess: (...args: unknown[]) => void heard.push(args) }]
    })
    await step.run()
    t.strictSame(written, [1])
    t.strictSame(heard, [[1, 1]])
  }
)

t.test('a step goes on from its checkpoints, chunk number and counters', async t => {
  const opened: unknown[] = []
  const numbers: number[] = []
  const metrics = { READ_COUNT: 4, WRITE_COUNT: 4, COMMIT_COUNT: 2, ROLLBACK_COUNT: 1 }
  const state = { readerCheckpoint: 4, writerCheckpoint: { at: 4 }, chunkNumber: 7 }
  const step: RecordedStep = new RecordedStep({
    reader: countTo(6),
    writer: {
      open: (checkpoint: unknown) => void opened.push(checkpoint),
      writeItems: () => void numbers.push(step.scope.chunk.chunkNumber)
    },
    chunk: { itemCount: 1 },
    state: {
      ...state,
      metrics: { ...metrics, READ_SKIP_COUNT: 0, PROCESS_SKIP_COUNT: 0, FILTER_COUNT: 0, WRITE_SKIP_COUNT: 0 }
    }
  })
  await step.run()
  t.strictSame(opened, [{ at: 4 }])
  t.strictSame(numbers, [8, 9])
  t.match(step.transactions.checkpoint, {
    readerCheckpoint: 6,
    chunkNumber: 10,
    metrics: { READ_COUNT: 6, COMMIT_COUNT: 5, ROLLBACK_COUNT: 1 }
  })
})

t.test(
  'what is committed with a chunk includes persistent user data and the counters of that chunk',
  async t => {
    const step: RecordedStep = new RecordedStep({
      reader: countTo(2),
      listeners: [
        { afterChunk: () => void (step.scope.stepContext.persistentUserData = new Map([['a', 1]])) }
      ]
    })
    await step.run()
    t.strictSame(step.transactions.checkpoint?.persistentUserData, new Map([['a', 1]]))
    t.strictSame(step.transactions.checkpoint?.metrics, { ...step.scope.stepContext.metrics })
  }
)
