// What job code can do to its thread, in worker threads and child processes, and what the server hears of it.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Fenced } from '../../src/executor/unit-port.ts'
import { until } from '../support/until.ts'
import { handlersOf, logOf, orderFor, quirkyThread, threadOf } from './quirky-thread.ts'

for (const isolation of ['thread', 'process'] as const) {
  t.test(`isolation ${isolation}`, async t => {
    t.test('units run one after the other in one thread and leave a log each', async t => {
      const { thread, root } = await threadOf(t, isolation)
      for (const ref of ['answering', 'answering']) {
        const order = orderFor(root, ref)
        t.match(await thread.run(order, handlersOf()), {
          kind: 'ended',
          outcome: { batchStatus: 'COMPLETED' }
        })
        t.match(logOf(root, order.unitId), /CWWKY0020I.*answered/)
      }
      t.equal(thread.unitsRun, 2)
      t.ok(thread.healthy)
    })

    t.test('a thread whose heap fills up with what job code leaves in it runs no more', async t => {
      const { thread, root } = await threadOf(t, isolation)
      for (let at = 1; at <= 100; at++) {
        t.ok(thread.healthy, `unit ${at} can run`)
        t.match(await thread.run(orderFor(root, 'leaving200kB'), handlersOf()), { kind: 'ended' })
      }
      t.equal(thread.trouble, 'what job code left in it fills half of its heap')
    })

    t.test('a thread in which little is left goes on', async t => {
      const { thread, root } = await threadOf(t, isolation)
      for (let at = 1; at <= 110; at++) await thread.run(orderFor(root, 'answering'), handlersOf())
      t.ok(thread.healthy)
    })

    t.test('what was compiled for a thread is kept while it lives, not when it has to end', async t => {
      const root = t.testdir()
      const compiled = mkdtempSync(join(tmpdir(), 'batchyard-compiled-'))
      t.teardown(() => rmSync(compiled, { recursive: true, force: true, maxRetries: 5 }))
      const thread = quirkyThread(root, isolation, compiled)
      t.teardown(() => thread.end('the test is over'))
      await thread.start()
      const files = () => readdirSync(compiled, { recursive: true }).length
      await until('there are files', () => files() > 20)
      t.ok(thread.healthy)
    })

    t.test('an endless loop ends with its thread, and the reason is the one given', async t => {
      const { thread, root } = await threadOf(t, isolation)
      const begun = Promise.withResolvers<void>()
      const running = thread.run(orderFor(root, 'endlessLoop'), handlersOf(begun.resolve))
      await begun.promise
      await thread.end('it ignored a stop for 30 s')
      t.same(await running, { kind: 'crashed', reason: 'it ignored a stop for 30 s' })
      t.notOk(thread.healthy)
    })

    for (const [ref, reason] of [
      ['exiting', /job code called process\.exit\(3\)/],
      ['killingItself', /job code called process\.kill\(process\.pid, 'SIGTERM'\)/],
      ['eatingHeap', /needed more than the 40 MB of heap/],
      ['leavingRejection', /rejected promise unhandled: Error: nobody waits for me/],
      ['throwingInTimer', /nothing caught: TypeError: thrown in a timer/]
    ] as const) {
      t.test(`the batchlet ${ref} costs its unit, with the reason`, async t => {
        const { thread, root } = await threadOf(t, isolation)
        t.match(await thread.run(orderFor(root, ref), handlersOf()), { kind: 'crashed', reason })
        t.match(await thread.gone, reason)
        t.notOk(thread.healthy)
      })
    }

    t.test(
      'what a unit leaves behind is not charged to the next one, but the thread is unhealthy',
      async t => {
        const { thread, root } = await threadOf(t, isolation)
        await thread.run(orderFor(root, 'leavingTimerBehind'), handlersOf())
        t.match(await thread.run(orderFor(root, 'pausing'), handlersOf()), {
          kind: 'ended',
          outcome: { batchStatus: 'COMPLETED' }
        })
        t.match(thread.trouble, /left behind/)
      }
    )

    t.test('a stop reaches the batchlet through its signal', async t => {
      const { thread, root } = await threadOf(t, isolation)
      const running = thread.run(
        orderFor(root, 'waiting'),
        handlersOf(() => setImmediate(() => thread.stop('an operator asked')))
      )
      t.match(await running, { kind: 'ended', outcome: { batchStatus: 'STOPPED' } })
    })

    t.test('a refusal that says Fenced ends the unit as fenced', async t => {
      const { thread, root } = await threadOf(t, isolation)
      const startStep = () => Promise.reject(new Fenced('epoch 2'))
      t.same(await thread.run(orderFor(root, 'answering'), { ...handlersOf(), startStep }), {
        kind: 'fenced'
      })
      t.notOk(thread.healthy)
    })

    t.test('another refusal fails the job with its text', async t => {
      const { thread, root } = await threadOf(t, isolation)
      const startStep = () => Promise.reject(new RangeError('the disk is full'))
      t.match(await thread.run(orderFor(root, 'answering'), { ...handlersOf(), startStep }), {
        outcome: { batchStatus: 'FAILED', reason: 'RangeError: the disk is full' }
      })
    })

    t.test('what job code prints is in its job log, also without a line feed', async t => {
      const { thread, root } = await threadOf(t, isolation)
      const order = orderFor(root, 'printing')
      await thread.run(order, handlersOf())
      const log = logOf(root, order.unitId)
      t.match(log, /SystemOut +printed 1\n/)
      t.match(log, /SystemErr +warned\n/)
      t.match(log, /SystemOut +no line feed\n/)
    })

    t.test('job code does not see the environment of the server', async t => {
      process.env['BATCH_SECRET_OF_TEST'] = 'x'
      const { thread, root } = await threadOf(t, isolation)
      const order = orderFor(root, 'tellingEnvironment')
      await thread.run(order, handlersOf())
      t.match(logOf(root, order.unitId), /SystemOut +LANG/)
      t.notMatch(logOf(root, order.unitId), /BATCH_SECRET_OF_TEST/)
    })

    t.test('a thread that is gone answers crashed at once', async t => {
      const { thread, root } = await threadOf(t, isolation)
      await thread.end('shut down')
      t.same(await thread.run(orderFor(root, 'answering'), handlersOf()), {
        kind: 'crashed',
        reason: 'shut down'
      })
      t.same(readdirSync(root), [])
    })
  })
}
