// What may be skipped, who hears of it, and what the limits are (JSR-352 §8.2.1.4).
import t from 'tap'
import { Bad, failingReader, ITEM_LISTENER, ofStep, throwing } from './failing-artifacts.ts'
import { DatabaseError } from './recorded-chunk-transactions.ts'
import { all, type Artifact, countTo, RecordedStep, type StepOf } from './recorded-step.ts'

class Worse extends Bad {}

t.test('a skipped read and a skipped item are told to their listeners and the chunk goes on', async t => {
  const { end, calls, metrics, step } = await ofStep({
    reader: failingReader(5, [2]),
    processor: { processItem: throwing(1, [4]) },
    listeners: [ITEM_LISTENER],
    chunk: { itemCount: 3, skippable: all('Bad') }
  })
  t.strictSame(end, { kind: 'completed' })
  t.match(calls, 'r.readItem p.processItem r.readItem onReadError onSkipReadItem r.readItem p.processItem')
  // As in JBeret a skipped read does not count towards item-count, a skipped item does, but does not end the chunk.
  t.match(calls, 'p.processItem onProcessError onSkipProcessItem r.readItem p.processItem w.writeItems')
  t.match(metrics, {
    READ_COUNT: 4,
    WRITE_COUNT: 3,
    READ_SKIP_COUNT: 1,
    PROCESS_SKIP_COUNT: 1,
    COMMIT_COUNT: 2
  })
  t.equal(step.warnings.length, 2, 'each skip leaves a line in the job log')
  t.match(step.scope.stepContext.exception, { message: 'bad' })
})

t.test('a skipped write drops the whole list, takes back its SQL and commits the chunk', async t => {
  const skipped: unknown[] = []
  const step: RecordedStep = new RecordedStep({
    reader: countTo(5),
    writer: {
      writeItems: async (items: number[]) => {
        for (const item of items) await step.transactions.connection.query('insert', [item])
        if (items.includes(2)) await step.transactions.connection.query('fail')
      }
    },
    listeners: [
      {
        afterChunk: () => {},
        onWriteError: async (items: number[]) => {
          await step.transactions.connection.query('insert', [`rejected ${items.join()}`])
        },
        onSkipWriteItem: (items: number[], error: Error) => void skipped.push([...items], error.name)
      }
    ],
    chunk: { itemCount: 3, skippable: all('DatabaseError') }
  })
  t.strictSame(await step.run(), { kind: 'completed' })
  t.strictSame(step.transactions.rows, ['rejected 1,2,3', 4, 5])
  t.strictSame(skipped, [[1, 2, 3], 'DatabaseError'])
  t.match(step.calls.join(' '), 'onWriteError onSkipWriteItem afterChunk r.checkpointInfo commit')
  t.match(step.scope.stepContext.metrics, {
    WRITE_SKIP_COUNT: 1,
    WRITE_COUNT: 2,
    READ_COUNT: 5,
    ROLLBACK_COUNT: 0
  })
  t.strictSame(step.collected, [false, true])
})

t.test(
  'the limits are shared by reader, processor and writer, and what is beyond fails the step',
  async t => {
    const of = (skipLimit: number | null): StepOf => ({
      reader: failingReader(6, [1]),
      processor: { processItem: throwing(1, [2, 3]) },
      chunk: { skipLimit, skippable: all('Bad') }
    })
    t.match((await ofStep(of(3))).end, { kind: 'completed' })
    t.match((await ofStep(of(null))).end, { kind: 'completed' })
    const { end, metrics } = await ofStep(of(2))
    t.match(end, { kind: 'failed', error: { message: 'bad' } })
    t.match(metrics, { READ_SKIP_COUNT: 1, PROCESS_SKIP_COUNT: 1, READ_COUNT: 0, ROLLBACK_COUNT: 1 })
    t.match((await ofStep(of(0))).metrics, { READ_SKIP_COUNT: 0 })
  }
)

t.test('skips of an execution that goes on count against its skip-limit', async t => {
  const metrics = { READ_COUNT: 0, WRITE_COUNT: 0, COMMIT_COUNT: 0, ROLLBACK_COUNT: 0, FILTER_COUNT: 0 }
  const { end } = await ofStep({
    reader: failingReader(2, [1]),
    chunk: { skipLimit: 2, skippable: all('Bad') },
    state: { metrics: { ...metrics, READ_SKIP_COUNT: 1, PROCESS_SKIP_COUNT: 1, WRITE_SKIP_COUNT: 0 } }
  })
  t.match(end, { kind: 'failed' })
})

t.test('an excluded class is neither skipped nor retried', async t => {
  const { end, calls } = await ofStep({
    reader: countTo(3),
    processor: { processItem: throwing(1, [2], () => new Worse('worse')) },
    listeners: [ITEM_LISTENER],
    chunk: { skippable: { include: ['Bad'], exclude: ['Worse'] } }
  })
  t.match(end, { kind: 'failed', error: { message: 'worse' } })
  t.match(calls, 'onProcessError')
  t.notMatch(calls, 'onSkipProcessItem')
})

t.test('what is thrown and is no Error is wrapped once, and matches as an Error', async t => {
  const heard: unknown[] = []
  const { metrics } = await ofStep({
    reader: countTo(2),
    processor: { processItem: throwing(1, [1], () => 'text') },
    listeners: [
      { onProcessError: (_: number, error: Error) => void heard.push(error) },
      { onSkipProcessItem: (_: number, error: Error) => void heard.push(error) }
    ],
    chunk: { skippable: all('java.lang.Exception') }
  })
  t.equal(metrics.PROCESS_SKIP_COUNT, 1)
  t.match(heard[0], { message: 'text', cause: 'text' })
  t.equal(heard[0], heard[1])
})

t.test(
  'an error in an error or skip listener fails the step, but does not hide an error that fails it anyway',
  async t => {
    const of = (listener: Artifact, skippable: string): StepOf => ({
      reader: countTo(2),
      processor: { processItem: throwing(1, [1]) },
      listeners: [listener],
      chunk: { skippable: all(skippable) }
    })
    const broken = () => {
      throw new Error('broken listener')
    }
    t.match((await ofStep(of({ onProcessError: broken }, 'Bad'))).end, {
      error: { message: 'broken listener' }
    })
    t.match((await ofStep(of({ onSkipProcessItem: broken }, 'Bad'))).end, {
      error: { message: 'broken listener' }
    })
    const { end, step } = await ofStep(of({ onProcessError: broken }, 'Worse'))
    t.match(end, { kind: 'failed', error: { message: 'bad' } })
    t.match(step.warnings.join(), 'onProcessError failed as well')
  }
)

t.test(
  'an error is not skipped when the connection of its chunk was lost, and a chunk that always loses it fails',
  async t => {
    const step: RecordedStep = new RecordedStep({
      reader: countTo(3),
      processor: {
        processItem: (n: number) => {
          if (n < 2) return n
          step.transactions.lost = true
          throw new DatabaseError('gone')
        }
      },
      chunk: { skippable: all('DatabaseError') }
    })
    t.match(await step.run(), { kind: 'failed', error: { message: 'gone' } })
  }
)

t.test('a run of skipped items does not make a chunk endless', async t => {
  const { calls } = await ofStep({
    reader: countTo(6),
    processor: { processItem: throwing(1, [2, 3, 4, 5, 6]) },
    chunk: { itemCount: 2, skippable: all('Bad') }
  })
  t.equal(calls.split('begin').length - 1, 5, 'open, three chunks of at most three items, close')
})
