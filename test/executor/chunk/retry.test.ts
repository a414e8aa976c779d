// Retry without rollback: the same operation again, in the same transaction (JSR-352 §8.2.1.4.3).
import t from 'tap'
import { Bad, failingReader, ITEM_LISTENER, ofStep, throwing } from './failing-artifacts.ts'
import { all, countTo, type StepOf } from './recorded-step.ts'

t.test('retry without rollback does the same operation again, in the same transaction', async t => {
  const { end, calls, metrics } = await ofStep({
    reader: failingReader(3, [2], 2),
    processor: { processItem: throwing(1, [1]) },
    writer: { writeItems: throwingList(1) },
    listeners: [ITEM_LISTENER, { beforeRead: () => {}, beforeProcess: () => {}, beforeWrite: () => {} }],
    chunk: { retryable: all('Bad'), noRollback: all('Bad') }
  })
  t.strictSame(end, { kind: 'completed' })
  const read = 'beforeRead r.readItem onReadError onRetryReadException'
  t.match(calls, `${read} ${read} beforeRead r.readItem beforeProcess`)
  t.match(
    calls,
    'p.processItem onProcessError onRetryProcessException beforeProcess p.processItem beforeRead'
  )
  t.match(calls, 'w.writeItems onWriteError onRetryWriteException beforeWrite w.writeItems')
  t.match(metrics, { READ_COUNT: 3, WRITE_COUNT: 3, ROLLBACK_COUNT: 0, COMMIT_COUNT: 1, READ_SKIP_COUNT: 0 })
})

t.test('a list that its writer emptied before it failed is whole again when it is retried', async t => {
  const written: number[] = []
  let failed = false
  await ofStep({
    reader: countTo(3),
    writer: {
      writeItems: (items: number[]) => {
        while (items.length > 1) items.pop()
        if (!failed) {
          failed = true
          throw new Bad('bad')
        }
        written.push(...items)
      }
    },
    listeners: [{ onRetryWriteException: (items: number[]) => t.strictSame(items, [1, 2, 3]) }],
    chunk: { retryable: all('Bad'), noRollback: all('Bad') }
  })
  t.strictSame(written, [1])
})

t.test('retry goes before skip, and skip before retry when the same operation is done again', async t => {
  const { calls, metrics } = await ofStep({
    reader: countTo(2),
    processor: { processItem: throwing(5, [1]) },
    listeners: [ITEM_LISTENER],
    chunk: { retryable: all('Bad'), skippable: all('Bad'), noRollback: all('Bad') }
  })
  const first = 'p.processItem onProcessError onRetryProcessException'
  t.match(
    calls,
    `${first} p.processItem onProcessError onSkipProcessItem r.readItem p.processItem r.readItem`
  )
  t.match(metrics, { PROCESS_SKIP_COUNT: 1, WRITE_COUNT: 1 })
})

t.test(
  'an operation that succeeded after its retry does not change what goes first for the next one',
  async t => {
    const check = throwing(1, [1])
    let last = 0
    const { metrics } = await ofStep({
      reader: { readItem: () => (last < 2 ? (check(last + 1), ++last) : null) },
      processor: { processItem: throwing(1, [1]) },
      chunk: { retryable: all('Bad'), skippable: all('Bad'), noRollback: all('Bad') }
    })
    t.match(metrics, { READ_SKIP_COUNT: 0, PROCESS_SKIP_COUNT: 0, WRITE_COUNT: 2 })
  }
)

t.test('retries are limited as well, 0 allows none', async t => {
  const of = (retryLimit: number): StepOf => ({
    reader: countTo(3),
    processor: { processItem: throwing(2, [2]) },
    chunk: { retryLimit, retryable: all('Bad'), noRollback: all('Bad') }
  })
  t.match((await ofStep(of(2))).end, { kind: 'completed' })
  t.match((await ofStep(of(1))).end, { kind: 'failed' })
  t.notMatch((await ofStep(of(0))).calls, 'onRetryProcessException')
})

function throwingList(times: number) {
  let thrown = 0
  return () => {
    if (thrown++ < times) throw new Bad('bad list')
  }
}
