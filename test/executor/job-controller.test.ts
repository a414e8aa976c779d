// A job around its elements: listeners, exit status, and what ends it from outside its steps.
import t from 'tap'
import type { Injected } from '../../src/batch/artifacts.ts'
import { runUnit } from '../../src/executor/run-unit.ts'
import { StopRequest } from '../../src/executor/stop-request.ts'
import { Fenced, type UnitPort } from '../../src/executor/unit-port.ts'
import { RecordedInstance } from './recorded-instance.ts'
import { RecordedUnitPort } from './recorded-unit-port.ts'
import { jobOf, orderOf, runJob } from './run-job.ts'

const JSL = '<listeners><listener ref="listener"/></listeners><step id="s"><batchlet ref="work"/></step>'

function runWith(listener: (injected: Injected) => object, work: () => unknown = () => {}) {
  return runJob({ jsl: JSL, artifacts: { listener, work: () => ({ process: work }) } })
}

t.test('afterJob follows a failure, sees the job’s status and may set the exit status', async t => {
  let seen: unknown
  const listener = ({ jobContext }: Injected) => ({
    afterJob: () => {
      seen = jobContext.batchStatus
      jobContext.exitStatus = 'LATE'
    }
  })
  const failed = await runWith(listener, () => Promise.reject(new Error('on purpose')))
  t.equal(seen, 'FAILED')
  t.match(failed, { batchStatus: 'FAILED', exitStatus: 'LATE' })
  await runWith(listener)
  t.equal(seen, 'STARTED', 'as in Liberty')
})

t.test('an error in beforeJob runs no step and fails the job, afterJob is called', async t => {
  let after = 0
  const job = await runWith(() => ({
    beforeJob: () => Promise.reject(new Error('not today')),
    afterJob: () => void after++
  }))
  t.match(job, { batchStatus: 'FAILED', steps: [], reason: 'Error: not today' })
  t.equal(after, 1)
})

t.test('an error in afterJob fails a job that had completed', async t => {
  const job = await runWith(() => ({ afterJob: () => Promise.reject(new Error('too late')) }))
  t.match(job, {
    batchStatus: 'FAILED',
    steps: [{ batchStatus: 'COMPLETED' }],
    reason: 'afterJob: Error: too late'
  })
})

t.test('a job that afterJob failed does not begin at the restart of its stop element', async t => {
  const listener = () => ({ afterJob: () => Promise.reject(new Error('too late')) })
  const jsl = JSL.replace('</step>', '<stop on="*" restart="s"/></step>')
  const job = await runJob({ jsl, artifacts: { listener, work: () => ({ process: () => {} }) } })
  t.match(job, { batchStatus: 'FAILED', restartOn: null })
})

t.test('a stop before the first element starts none', async t => {
  const stop = new StopRequest()
  const listener = () => ({ beforeJob: () => stop.request('now') })
  const job = await runJob({ jsl: JSL, artifacts: { listener, work: () => ({ process: () => {} }) }, stop })
  t.match(job, { batchStatus: 'STOPPED', steps: [] })
})

t.test('a stop during afterJob ends the job STOPPED', async t => {
  const stop = new StopRequest()
  const listener = () => ({ afterJob: () => stop.request('now') })
  const job = await runJob({ jsl: JSL, artifacts: { listener, work: () => ({ process: () => {} }) }, stop })
  t.match(job, { batchStatus: 'STOPPED', steps: [{ batchStatus: 'COMPLETED' }] })
})

t.test('job listeners have no step context', async t => {
  let has = true
  await runWith(injected => ({ beforeJob: () => void (has = 'stepContext' in injected) }))
  t.notOk(has)
})

t.test('the log of a job tells its begin, its steps and its end with Liberty’s message ids', async t => {
  const { instance } = await runWith(() => ({}))
  const ids = instance.log.flatMap(line => /CWWKY\d{4}[IWE]/.exec(line)?.[0] ?? [])
  t.same(ids, ['CWWKY0009I', 'CWWKY0043I', 'CWWKY0042I', 'CWWKY0018I', 'CWWKY0020I', 'CWWKY0010I'])
})

/** Runs a job whose port answers `method` so. */
async function runAnswered(method: 'startStep' | 'endStep', answer: () => Promise<unknown>) {
  const calls: string[] = []
  const call = (name: string) => () => void calls.push(name)
  const artifacts: Record<string, object> = {
    listener: {
      beforeJob: call('beforeJob'),
      afterJob: call('afterJob'),
      beforeStep: call('beforeStep'),
      afterStep: call('afterStep')
    },
    work: { process: call('process') }
  }
  const registry = { create: (ref: string) => artifacts[ref]! }
  const deps = { registry, jobLog: { write: () => {} } }
  const order = orderOf(jobOf(JSL))
  const stop = new StopRequest()
  const port: UnitPort = new RecordedUnitPort(new RecordedInstance(), order, stop, deps)
  Object.assign(port, { [method]: answer })
  const outcome = runUnit(order, port, stop, deps)
  return { calls, outcome: await outcome.catch((thrown: unknown) => thrown) }
}

t.test('after Fenced no user code runs any more', async t => {
  for (const [method, expected] of [
    ['startStep', ['beforeJob']],
    ['endStep', ['beforeJob', 'process']]
  ] as const) {
    const fenced = new Fenced('epoch 2')
    const { calls, outcome } = await runAnswered(method, () => Promise.reject(fenced))
    t.equal(outcome, fenced)
    t.same(calls, expected)
  }
})

t.test('any other refusal of the repository fails the job with its reason', async t => {
  const { calls, outcome } = await runAnswered('endStep', () => Promise.reject(new Error('disk full')))
  t.match(outcome, { batchStatus: 'FAILED', reason: 'Error: disk full' })
  t.same(calls, ['beforeJob', 'process', 'afterJob'])
})

t.test(
  'a step that the repository stored as STOPPED stops the job, though no stop was heard of here',
  async t => {
    const { outcome } = await runAnswered('endStep', () => Promise.resolve('STOPPED'))
    t.match(outcome, { batchStatus: 'STOPPED' })
  }
)

t.test('a JSL that cannot be read fails the unit instead of throwing', async t => {
  const deps = { registry: { create: () => ({}) }, jobLog: { write: () => {} } }
  const stop = new StopRequest()
  for (const more of [{}, { kind: 'flow', flow: { split: 's', flow: 'f' } }] as const) {
    const order = orderOf('<job/>', more)
    const port = new RecordedUnitPort(new RecordedInstance(), order, stop, deps)
    t.match(await runUnit(order, port, stop, deps), { batchStatus: 'FAILED', reason: /./ })
  }
})
