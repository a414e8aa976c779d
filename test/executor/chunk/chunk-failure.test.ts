// What fails a chunk step, in which order it is given up, and that a lost claim ends all user code at once.
import t from 'tap'
import { Fenced } from '../../../src/executor/unit-port.ts'
import { all, type Artifact, countTo, RecordedStep, type StepOf } from './recorded-step.ts'

const broken =
  (message = 'broken') =>
  () => {
    throw new Error(message)
  }

const LISTENER: Artifact = { beforeChunk: () => {}, afterChunk: () => {}, onError: () => {} }
const WRITER: Artifact = { open: () => {}, writeItems: () => {}, checkpointInfo: () => {}, close: () => {} }

async function failing(of: Partial<StepOf>) {
  const step = new RecordedStep({ reader: countTo(2), writer: WRITER, listeners: [LISTENER], ...of })
  const end = await step.run()
  t.notOk(step.transactions.open, 'no transaction is left open')
  return { step, end, calls: step.calls.join(' ') }
}

t.test(
  'an error nobody handles is told inside the transaction, then all is closed and rolled back',
  async t => {
    const { step, end, calls } = await failing({ writer: { ...WRITER, writeItems: broken() } })
    t.match(end, { kind: 'failed', error: { message: 'broken' } })
    t.match(calls, 'w.writeItems onError w.close r.close rollback release')
    t.equal(step.scope.stepContext.exception?.message, 'broken')
    t.match(step.scope.stepContext.metrics, { READ_COUNT: 0, COMMIT_COUNT: 0, ROLLBACK_COUNT: 1 })
    t.equal(step.transactions.checkpoint, null)
  }
)

t.test(
  'errors of chunk listeners, item listeners and checkpoint data fail the step in the same way',
  async t => {
    const ways: Partial<StepOf>[] = [
      { listeners: [{ ...LISTENER, beforeChunk: broken() }] },
      { listeners: [{ ...LISTENER, afterChunk: broken() }] },
      { listeners: [LISTENER, { afterRead: broken() }] },
      { listeners: [LISTENER, { beforeProcess: broken() }] },
      { listeners: [LISTENER, { afterWrite: broken() }] },
      { reader: countTo(2, { checkpointInfo: broken() }) },
      { writer: { ...WRITER, checkpointInfo: async () => broken()() } }
    ]
    for (const way of ways) {
      const { step, end, calls } = await failing({
        ...way,
        chunk: { skippable: all('Error'), retryable: all('Error') }
      })
      t.match(end, { kind: 'failed', error: { message: 'broken' } })
      t.match(calls, 'onError w.close r.close rollback release')
      t.equal(step.scope.stepContext.metrics.ROLLBACK_COUNT, 1)
    }
  }
)

t.test('an algorithm that fails before or after its transaction fails the step without onError', async t => {
  const algorithm = { isReadyToCheckpoint: () => true }
  const before = await failing({ algorithm: { ...algorithm, beginCheckpoint: broken() } })
  t.match(before.end, { kind: 'failed' })
  t.notMatch(before.calls, 'onError')
  t.match(before.calls, 'w.close r.close rollback')
  const after = await failing({ algorithm: { ...algorithm, endCheckpoint: broken() } })
  t.match(after.end, { kind: 'failed' })
  t.notMatch(after.calls, 'onError')
  t.match(after.step.scope.stepContext.metrics, { COMMIT_COUNT: 1, ROLLBACK_COUNT: 0 }, 'the chunk stands')
  t.match((await failing({ algorithm: { isReadyToCheckpoint: broken() } })).calls, 'onError')
})

t.test('what fails while the step is given up is logged and does not hide the error', async t => {
  const { step, end } = await failing({
    reader: countTo(2, { readItem: broken('first'), close: broken('second') }),
    writer: { ...WRITER, close: broken('third') },
    listeners: [{ ...LISTENER, onError: broken('fourth') }]
  })
  t.match(end, { kind: 'failed', error: { message: 'first' } })
  t.equal(step.scope.stepContext.exception?.message, 'first')
  t.equal(step.warnings.length, 4, 'onError, both closes and the rollback each have their line')
})

t.test('of a failed open only what was opened is closed', async t => {
  const reader = await failing({ reader: countTo(1, { open: broken() }) })
  t.match(reader.end, { kind: 'failed', error: { message: 'broken' } })
  t.equal(reader.calls, 'begin r.open r.close rollback release')
  const writer = await failing({ writer: { ...WRITER, open: broken() } })
  t.equal(writer.calls, 'begin r.open w.open w.close r.close rollback release')
})

t.test(
  'a close that fails after the last chunk fails the step; the other one is closed all the same',
  async t => {
    const { end, calls, step } = await failing({
      reader: countTo(1, { close: broken('second') }),
      writer: { ...WRITER, close: broken('first') }
    })
    t.match(end, { kind: 'failed', error: { message: 'first' } })
    t.match(calls, 'begin w.close r.close rollback release')
    t.equal(step.transactions.checkpoint?.chunkNumber, 1, 'the chunks stand')
  }
)

t.test(
  'artifacts that cannot be created or lack their method fail the step before anything is opened',
  async t => {
    const lacking = new RecordedStep({ reader: { read: () => null } })
    t.match(await lacking.run(), {
      kind: 'failed',
      error: /reader \(line 1 of the JSL\) has no method readItem/
    })
    const missing = new RecordedStep({ reader: countTo(1), chunk: { checkpointPolicy: 'custom' } })
    const work = { ...missing.scope.step.work, checkpointPolicy: 'custom' as const }
    Object.assign(missing.scope, { step: { ...missing.scope.step, work } })
    t.match(await missing.run(), { kind: 'failed', error: /needs a checkpoint-algorithm/ })
    t.strictSame(missing.calls, [])
  }
)

t.test(
  'checkpoint data that cannot be stored fail the step, and are not skipped as a failed commit',
  async t => {
    const { end, step } = await failing({
      reader: countTo(2, { checkpointInfo: () => () => {} }),
      chunk: { skippable: all('Error') }
    })
    t.match(end, { kind: 'failed', error: /reader's checkpoint cannot be stored/ })
    t.equal(step.scope.stepContext.metrics.WRITE_SKIP_COUNT, 0)
  }
)

t.test('an error of the collector fails the step after the chunk has committed', async t => {
  const step = new RecordedStep({ reader: countTo(1) })
  step.collected.push = broken('collector')
  t.match(await step.run(), { kind: 'failed', error: { message: 'collector' } })
  t.equal(step.transactions.checkpoint?.chunkNumber, 1)
})

t.test('after a lost claim nothing of the user runs any more, wherever it shows', async t => {
  const chunk = { skippable: all('Error'), retryable: all('Error'), noRollback: all('Error') }
  for (const at of [
    'r.open',
    'beforeChunk',
    'r.readItem',
    'w.writeItems',
    'afterChunk',
    'w.checkpointInfo',
    'w.close'
  ]) {
    const step: RecordedStep = new RecordedStep({
      reader: countTo(2),
      writer: WRITER,
      listeners: [LISTENER],
      chunk
    })
    const push = step.calls.push.bind(step.calls)
    step.calls.push = (...calls: string[]) => {
      if (calls.includes(at)) step.transactions.fenced = true
      return push(...calls)
    }
    await t.rejects(step.run(), Fenced, at)
    const rest = step.calls.slice(step.calls.indexOf(at) + 1)
    t.notMatch(rest.join(' '), /close.*close|onError|onSkip|onRetry|commit|rollback|release/, at)
  }
})

t.test('a lost claim is seen through what an artifact wraps it in', async t => {
  for (const chunk of [{}, { skippable: all('Error') }]) {
    const step: RecordedStep = new RecordedStep({
      reader: countTo(2),
      writer: {
        ...WRITER,
        writeItems: async () => {
          step.transactions.fenced = true
          await step.transactions.connection.query('insert').catch((cause: unknown) => {
            throw new Error('cannot write', { cause })
          })
        }
      },
      listeners: [LISTENER, { onWriteError: () => {} }],
      chunk
    })
    await t.rejects(step.run(), Fenced)
    t.equal(step.calls.at(-1), 'w.writeItems')
  }
})
