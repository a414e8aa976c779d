// Listeners, exit status, user data and errors of one step: JSR-352 §8.2.7, §8.7 and what Liberty does where it is silent.
import t from 'tap'
import type { Injected } from '../../../src/batch/artifacts.ts'
import { StopRequest } from '../../../src/executor/stop-request.ts'
import { type Artifacts, runJob } from '../run-job.ts'

type Make = (injected: Injected) => unknown

function runBatchlet(process: Make, more: Artifacts = {}, stop = new StopRequest()) {
  const refs = Object.keys(more).filter(ref => ref.startsWith('listener'))
  const listeners = refs.map(ref => `<listener ref="${ref}"/>`).join('')
  const jsl = `<step id="s">${refs.length > 0 ? `<listeners>${listeners}</listeners>` : ''}<batchlet ref="batchlet"/></step>`
  const batchlet = (injected: Injected) => ({ process: () => process(injected) })
  return runJob({ jsl, artifacts: { batchlet, ...more }, stop })
}

const exitStatusOf = async (process: Make) => (await runBatchlet(process)).steps[0]!.exitStatus

t.test('an exit status that was set wins over what process returns', async t => {
  const set = ({ stepContext }: Injected) => void (stepContext.exitStatus = 'SET')
  t.equal(await exitStatusOf(injected => (set(injected), 'RETURNED')), 'SET')
  t.equal(await exitStatusOf(() => 'RETURNED'), 'RETURNED')
  t.equal(await exitStatusOf(() => undefined), 'COMPLETED')
  t.equal(
    await exitStatusOf(injected => (set(injected), (injected.stepContext.exitStatus = null))),
    'COMPLETED'
  )
})

t.test('an exit status that cannot be stored is mended, with a line in the job log', async t => {
  t.equal(await exitStatusOf(() => 42), '42')
  t.equal(await exitStatusOf(() => ({ rows: 3 })), 'COMPLETED')
  t.equal(await exitStatusOf(() => 'a\0b\ud800'), 'a\ufffdb\ufffd')
  t.equal(await exitStatusOf(() => '😀'.repeat(513)), '😀'.repeat(512))
  const { instance } = await runBatchlet(() => 'x'.repeat(600))
  t.ok(instance.log.some(line => /longer than 512 characters and is cut/.test(line)))
})

t.test('afterStep sees no exit status but an explicitly set one, and may set it still', async t => {
  const seen: unknown[] = []
  const listener = ({ stepContext }: Injected) => ({
    afterStep: () => {
      seen.push(stepContext.exitStatus, stepContext.batchStatus)
      stepContext.exitStatus = 'LATE'
    }
  })
  const job = await runBatchlet(() => 'RETURNED', { listener })
  t.same(seen, [null, 'STARTED'])
  t.equal(job.steps[0]!.exitStatus, 'LATE')
})

t.test('afterStep follows a failure and sees the error', async t => {
  let seen: unknown
  const listener = ({ stepContext }: Injected) => ({ afterStep: () => void (seen = stepContext.exception) })
  const error = new Error('on purpose')
  const job = await runBatchlet(() => Promise.reject(error), { listener })
  t.equal(seen, error)
  t.match(job.steps[0], { batchStatus: 'FAILED', exitStatus: 'FAILED', message: 'Error: on purpose' })
})

t.test('a failed step keeps the exit status and the user data it set', async t => {
  const job = await runBatchlet(({ stepContext }) => {
    stepContext.exitStatus = 'MINE'
    stepContext.persistentUserData = { at: new Date(5) }
    throw new Error('on purpose')
  })
  t.match(job.steps[0], {
    batchStatus: 'FAILED',
    exitStatus: 'MINE',
    state: { persistentUserData: { at: new Date(5) } }
  })
})

t.test(
  'an error of beforeStep keeps the work from running; every afterStep is called whatever another throws',
  async t => {
    const calls: string[] = []
    const listener = (name: string) => () => ({
      beforeStep: () => {
        throw new Error(`before ${name}`)
      },
      afterStep: () => {
        calls.push(name)
        throw new Error(`after ${name}`)
      }
    })
    const job = await runBatchlet(() => calls.push('process'), {
      listener1: listener('1'),
      listener2: listener('2')
    })
    t.same(calls, ['1', '2'])
    t.match(job.steps[0], { batchStatus: 'FAILED', message: 'Error: before 1' })
  }
)

t.test('an object that listens to jobs and steps is only what its place says', async t => {
  const calls: string[] = []
  const both = () => ({
    beforeJob: () => void calls.push('beforeJob'),
    beforeStep: () => void calls.push('beforeStep')
  })
  const artifacts = { both, batchlet: () => ({ process: () => {} }) }
  const listeners = '<listeners><listener ref="both"/></listeners>'
  await runJob({ jsl: `${listeners}<step id="s"><batchlet ref="batchlet"/></step>`, artifacts })
  t.same(calls, ['beforeJob'])
  await runJob({ jsl: `<step id="s">${listeners}<batchlet ref="batchlet"/></step>`, artifacts })
  t.same(calls, ['beforeJob', 'beforeStep'])
})

t.test('user data that cannot be stored fail the step, and the ones it began with stay', async t => {
  const batchlet = ({ stepContext, jobParameters }: Injected) => ({
    process: () => {
      stepContext.persistentUserData = jobParameters['run'] === '1' ? 'FIRST' : { f: () => 1 }
      throw new Error('on purpose')
    }
  })
  const run = { jsl: '<step id="s"><batchlet ref="batchlet"/></step>', artifacts: { batchlet } }
  const first = await runJob({ ...run, jobParameters: { run: '1' } })
  const second = await runJob({ ...run, jobParameters: { run: '2' }, from: first.next })
  t.match(second.steps[0], { message: 'Error: on purpose', state: { persistentUserData: 'FIRST' } })
  const job = await runBatchlet(({ stepContext }) => void (stepContext.persistentUserData = { f: () => 1 }))
  t.match(job.steps[0], { batchStatus: 'FAILED', message: /persistent user data of step s cannot be stored/ })
})

t.test('whatever is thrown becomes a message, hostile values too', async t => {
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('no')
      },
      ownKeys: () => {
        throw new Error('no')
      }
    }
  )
  const circle = new Error('circle')
  circle.cause = circle
  for (const [thrown, message] of [
    ['a string', /a string/],
    [undefined, /undefined/],
    [hostile, /./],
    [circle, /^Error: circle$/],
    [
      new Error('outer', { cause: new TypeError('inner\0') }),
      /^Error: outer\nCaused by: TypeError: inner\ufffd$/
    ],
    [new AggregateError([new Error('one'), new Error('two')], 'both'), /both \[Error: one\] \[Error: two\]/]
  ] as const) {
    const job = await runBatchlet(() => {
      throw thrown
    })
    t.match(job.steps[0], { batchStatus: 'FAILED', message })
  }
})

t.test('a long message is cut in the middle and keeps head and tail', async t => {
  const job = await runBatchlet(() => {
    throw new Error(`HEAD${'x'.repeat(200_000)}`, { cause: new Error('TAIL') })
  })
  const message = job.steps[0]!.message!
  t.ok(message.length <= 64 * 1024)
  t.match(message, /^Error: HEAD/)
  t.match(message, /characters left out/)
  t.match(message, /Caused by: Error: TAIL$/)
})

t.test('an artifact that nobody exports fails the step with its name', async t => {
  const job = await runJob({ jsl: '<step id="s"><batchlet ref="gone"/></step>', artifacts: {} })
  t.match(job.steps[0], { batchStatus: 'FAILED', message: /Artifact gone is not exported/ })
})

t.test('an artifact without the method of its place fails the step with its name and its line', async t => {
  const listens = () => ({ beforeStep: () => {} })
  const messageOf = async (jsl: string) => (await runJob({ jsl, artifacts: { listens } })).steps[0]!.message
  const plain = '<step id="s"><batchlet ref="listens"/></step>'
  t.match(await messageOf(plain), /listens \(line 1 of the JSL\) has no method process$/)
  const partition = '<partition><mapper ref="listens"/></partition>'
  const partitioned = `<step id="s"><batchlet ref="listens"/>${partition}</step>`
  t.match(await messageOf(partitioned), /listens .* has no method mapPartitions$/)
})

t.test('job code that assigns what a context only shows fails its step, and misleads nobody', async t => {
  for (const assign of [
    ({ jobContext }: Injected) => Object.assign(jobContext, { instanceId: 1 }),
    ({ jobContext }: Injected) => Object.assign(jobContext, { properties: {} }),
    ({ stepContext }: Injected) => Object.assign(stepContext, { stepExecutionId: 1 }),
    ({ stepContext }: Injected) => Object.assign(stepContext, { metrics: null })
  ]) {
    const { steps } = await runBatchlet(injected => void assign(injected))
    t.match(steps, [{ batchStatus: 'FAILED', message: /^TypeError: Cannot assign to read only property/ }])
  }
})

t.test('outside of a chunk the connection says that there is none', async t => {
  const job = await runBatchlet(({ connection }) => connection.query('select 1'))
  t.match(job.steps[0]!.message, /Step s has no chunk: the connection belongs to a chunk's transaction/)
})

t.test('a property that resolves to nothing is absent', async t => {
  let seen: unknown
  const jsl = `<step id="s"><batchlet ref="b"><properties><property name="empty" value="#{jobParameters['no']}"/>
    <property name="given" value="x"/></properties></batchlet></step>`
  await runJob({
    jsl,
    artifacts: { b: ({ properties }) => ({ process: () => void (seen = { ...properties }) }) }
  })
  t.same(seen, { given: 'x' })
})

t.test(
  'stop of a batchlet is called once, while process is under way, and its error is no failure',
  async t => {
    const stop = new StopRequest()
    let stops = 0
    const batchlet = () => {
      const stopped = Promise.withResolvers<string>()
      return {
        process: () => {
          setImmediate(() => stop.request('first'))
          setImmediate(() => stop.request('second'))
          return stopped.promise
        },
        stop: () => {
          stops++
          setImmediate(stopped.resolve, 'HALF DONE')
          return Promise.reject(new Error('stop failed'))
        }
      }
    }
    const job = await runBatchlet(() => {}, { batchlet }, stop)
    t.equal(stops, 1)
    t.match(job, { batchStatus: 'STOPPED', steps: [{ batchStatus: 'STOPPED', exitStatus: 'HALF DONE' }] })
  }
)

t.test('a batchlet that is rejected by its signal was stopped, any other error is a failure', async t => {
  const abortedBy = (reject: (signal: AbortSignal) => unknown) => {
    const stop = new StopRequest()
    setImmediate(() => stop.request('now'))
    return runBatchlet(
      ({ signal }) => new Promise((_, no) => signal.addEventListener('abort', () => no(reject(signal)))),
      {},
      stop
    )
  }
  t.equal((await abortedBy(signal => signal.reason)).steps[0]!.batchStatus, 'STOPPED')
  t.equal((await abortedBy(() => new DOMException('aborted', 'AbortError'))).steps[0]!.batchStatus, 'STOPPED')
  t.equal((await abortedBy(() => new Error('disk full'))).steps[0]!.batchStatus, 'FAILED')
})
