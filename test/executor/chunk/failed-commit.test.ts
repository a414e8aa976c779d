// A commit that fails is a failed write: it may be retried or skipped (JSR-352 §8.2.1.4.1).
import t from 'tap'
import { all, countTo, RecordedStep } from './recorded-step.ts'

t.test('a failed commit is retried like a failed write, always with a rollback', async t => {
  const step: RecordedStep = new RecordedStep({
    reader: countTo(3),
    writer: {
      writeItems: async (items: number[]) => {
        await step.transactions.connection.query('insert', [items.length])
      }
    },
    listeners: [{ onWriteError: () => {}, onRetryWriteException: () => {} }],
    chunk: { itemCount: 2, retryable: all('Serialization'), noRollback: all('Serialization') }
  })
  step.transactions.commitErrors.push(Object.assign(new Error('try again'), { name: 'Serialization' }))
  t.strictSame(await step.run(), { kind: 'completed' })
  t.strictSame(step.transactions.rows, [1, 1, 1])
  t.match(
    step.calls.join(' '),
    'commit! begin onWriteError onRetryWriteException r.close rollback begin r.open'
  )
})

t.test('a failed commit that is skipped drops the list and stores the checkpoint behind it', async t => {
  const step: RecordedStep = new RecordedStep({
    reader: countTo(3),
    writer: {
      writeItems: async (items: number[]) => {
        await step.transactions.connection.query('insert', items)
      }
    },
    listeners: [{ onSkipWriteItem: (items: number[]) => t.strictSame(items, [1, 2]) }],
    chunk: { itemCount: 2, skippable: all('Error') }
  })
  step.transactions.commitErrors.push(new Error('deferred constraint'))
  t.strictSame(await step.run(), { kind: 'completed' })
  t.strictSame(step.transactions.rows, [3])
  t.match(step.transactions.checkpoint?.metrics, {
    READ_COUNT: 3,
    WRITE_COUNT: 1,
    WRITE_SKIP_COUNT: 1,
    COMMIT_COUNT: 2
  })
})

t.test('a commit that fails and is neither skipped nor retried fails the step', async t => {
  const step = new RecordedStep({
    reader: countTo(2),
    writer: { writeItems: () => {}, close: () => {} },
    listeners: [{ onError: () => {} }]
  })
  step.transactions.commitErrors.push(new Error('disk full'))
  t.match(await step.run(), { kind: 'failed', error: { message: 'disk full' } })
  t.match(step.calls.join(' '), 'commit! begin onError w.close r.close rollback')
})

t.test('when no transaction can be begun after a failed commit, the error is that of the commit', async t => {
  const step = new RecordedStep({ reader: countTo(2), chunk: { skippable: all('Error') } })
  step.transactions.commitErrors.push(new Error('connection reset'))
  const begin = step.transactions.begin.bind(step.transactions)
  let begins = 0
  step.transactions.begin = async seconds => {
    if (++begins > 2) throw new Error('cannot connect')
    await begin(seconds)
  }
  t.match(await step.run(), { kind: 'failed', error: { message: 'connection reset' } })
  t.ok(step.calls.includes('r.close'), 'what can be closed without the database is closed')
})
