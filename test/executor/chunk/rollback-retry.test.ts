// A retryable error without no-rollback: the chunk is rolled back and done again item by item from the last checkpoint.
import t from 'tap'
import { all, type Artifact, countTo, RecordedStep, type StepOf } from './recorded-step.ts'

class Busy extends Error {}

/** Fails once at each of these items, before the item is taken. */
function busyReader(count: number, at: readonly number[]): Artifact {
  const failed = new Set<number>()
  let last = 0
  return {
    open: (checkpoint: number | null) => void (last = checkpoint ?? 0),
    readItem: () => {
      const next = last + 1
      if (at.includes(next) && !failed.has(next)) {
        failed.add(next)
        throw new Busy(`busy at ${next}`)
      }
      return next > count ? null : (last = next)
    },
    checkpointInfo: () => last,
    close: () => {}
  }
}

/** Sizes of the lists that were written and committed. */
function sizesOf(of: StepOf): { step: RecordedStep; sizes: () => string } {
  const step: RecordedStep = new RecordedStep({
    writer: {
      writeItems: async (items: number[]) => {
        await step.transactions.connection.query('insert', [items.length])
      }
    },
    ...of
  })
  return { step, sizes: () => step.transactions.rows.join() }
}

t.test(
  'reader and writer are closed, the error told, all rolled back and opened at the last checkpoint',
  async t => {
    const listener = { onReadError: () => {}, onRetryReadException: () => {}, onError: () => {} }
    const step = new RecordedStep({
      reader: busyReader(3, [3]),
      writer: { open: () => {}, writeItems: () => {}, close: () => {} },
      listeners: [listener],
      chunk: { itemCount: 2, retryable: all('Busy') }
    })
    t.equal(
      await step.order(),
      'begin r.open w.open commit' +
        ' begin r.readItem r.readItem w.writeItems r.checkpointInfo commit' +
        ' begin r.readItem onReadError onRetryReadException w.close r.close onError rollback' +
        ' begin r.open w.open commit' +
        ' begin r.readItem w.writeItems r.checkpointInfo commit' +
        ' begin r.readItem r.checkpointInfo commit' +
        ' begin w.close r.close commit'
    )
    t.match(step.scope.stepContext.metrics, {
      READ_COUNT: 3,
      WRITE_COUNT: 3,
      COMMIT_COUNT: 3,
      ROLLBACK_COUNT: 1
    })
  }
)

t.test('item by item until the failure has been passed, then chunks have their size again', async t => {
  const { step, sizes } = sizesOf({
    reader: busyReader(15, [7]),
    chunk: { itemCount: 5, retryable: all('Busy') }
  })
  t.strictSame(await step.run(), { kind: 'completed' })
  t.equal(sizes(), '5,1,1,5,3')
  t.match(step.scope.stepContext.metrics, {
    READ_COUNT: 15,
    WRITE_COUNT: 15,
    COMMIT_COUNT: 5,
    ROLLBACK_COUNT: 1
  })
})

t.test('a failure before the point of the first one does not shorten the way', async t => {
  const failures = [4, 2]
  const { step, sizes } = sizesOf({
    reader: countTo(9),
    processor: {
      processItem: (n: number) => {
        if (n !== failures[0]) return n
        failures.shift()
        throw new Busy(`busy at ${n}`)
      }
    },
    chunk: { itemCount: 4, retryable: all('Busy') }
  })
  await step.run()
  t.equal(sizes(), '1,1,1,1,4,1')
  t.equal(step.scope.stepContext.metrics.ROLLBACK_COUNT, 2)
})

t.test('a failed write is done again item by item for all its items', async t => {
  let failures = 1
  const step: RecordedStep = new RecordedStep({
    reader: countTo(5),
    writer: {
      writeItems: async (items: number[]) => {
        await step.transactions.connection.query('insert', items)
        if (items.length === 3 && failures-- > 0) await step.transactions.connection.query('fail')
      },
      close: async () => {
        // The failed statement must not have spoilt the transaction in which artifacts are closed.
        await step.transactions.connection.query('insert', ['closed'])
      }
    },
    chunk: { itemCount: 3, retryable: all('DatabaseError') }
  })
  t.strictSame(await step.run(), { kind: 'completed' })
  t.strictSame(step.transactions.rows, [1, 2, 3, 4, 5, 'closed'])
  t.strictSame(step.warnings.length, 1)
})

t.test('while items are done again an error that may be skipped is skipped, not retried', async t => {
  const { step, sizes } = sizesOf({
    reader: countTo(5),
    processor: {
      processItem: (n: number) => {
        if (n === 2) throw new Busy('always')
        return n
      }
    },
    chunk: { itemCount: 3, retryable: all('Busy'), skippable: all('Busy') }
  })
  t.strictSame(await step.run(), { kind: 'completed' })
  // One alone, then the skipped one, whose chunk goes on to its normal size: three items read.
  t.equal(sizes(), '1,2,1')
  t.match(step.scope.stepContext.metrics, {
    PROCESS_SKIP_COUNT: 1,
    ROLLBACK_COUNT: 1,
    READ_COUNT: 5,
    WRITE_COUNT: 4
  })
})

t.test('a write skipped while items are done again loses that one item only', async t => {
  const step: RecordedStep = new RecordedStep({
    reader: countTo(5),
    writer: {
      writeItems: async (items: number[]) => {
        await step.transactions.connection.query('insert', items)
        if (items.includes(2)) throw new Busy('never')
      }
    },
    chunk: { itemCount: 4, retryable: all('Busy'), skippable: all('Busy') }
  })
  await step.run()
  t.strictSame(step.transactions.rows, [1, 3, 4, 5])
})

t.test(
  'a reopened artifact gets its checkpoint as it was committed, whatever it did to the object since',
  async t => {
    const opened: unknown[] = []
    const position = { at: 0, seen: new Date(5) }
    let failures = 2
    const step = new RecordedStep({
      reader: {
        open: (checkpoint: typeof position | null) => {
          opened.push(structuredClone(checkpoint))
          position.at = checkpoint?.at ?? 0
          if (checkpoint) checkpoint.at = 99
        },
        readItem: () => {
          if (position.at === 2 && failures-- > 0) throw new Busy('busy')
          return position.at < 5 ? ++position.at : null
        },
        checkpointInfo: () => position
      },
      chunk: { itemCount: 2, retryable: all('Busy') }
    })
    t.strictSame(await step.run(), { kind: 'completed' })
    const committed = { at: 2, seen: new Date(5) }
    t.strictSame(opened, [null, committed, committed])
  }
)

t.test('a chunk whose connection was lost is done again as it was, and spends no retry', async t => {
  let failed = false
  const { step, sizes } = sizesOf({
    reader: countTo(2),
    processor: {
      processItem: (n: number) => {
        if (!failed && n === 2) {
          failed = step.transactions.lost = true
          throw new Busy('gone')
        }
        return n
      }
    },
    chunk: { retryable: all('Busy'), noRollback: all('Busy'), retryLimit: 0 }
  })
  t.strictSame(await step.run(), { kind: 'completed' })
  t.equal(sizes(), '2')
})

t.test(
  'a close, an open or onError that fails in a retry fails the step, and nothing is closed twice',
  async t => {
    const broken = () => {
      throw new Error('broken')
    }
    const of = (reader: Artifact, listener: Artifact = {}) =>
      new RecordedStep({
        reader: { ...busyReader(3, [2]), ...reader },
        writer: { writeItems: () => {}, close: () => {} },
        listeners: [listener],
        chunk: { retryable: all('Busy') }
      })
    const failed = { kind: 'failed', error: { message: 'broken' } }
    const closing = of({ close: broken })
    t.match(await closing.run(), failed)
    t.equal(closing.calls.filter(call => call === 'w.close' || call === 'r.close').length, 2)
    let opens = 0
    const opening = of({ open: () => (opens++ > 0 ? broken() : undefined) })
    t.match(await opening.run(), failed)
    const telling = of({}, { onError: broken })
    t.match(await telling.run(), failed)
    t.equal(telling.calls.filter(call => call === 'onError').length, 1)
    for (const step of [closing, opening, telling]) {
      t.equal(step.scope.stepContext.metrics.ROLLBACK_COUNT, 1)
      t.notOk(step.transactions.open)
    }
  }
)
