// What the flows of a split mean for their job: JSR-352 §8.4.
import t from 'tap'
import { StopRequest } from '../../src/executor/stop-request.ts'
import { type Artifacts, runJob } from './run-job.ts'

const artifacts: Artifacts = {
  fine: () => ({ process: () => {} }),
  fails: () => ({ process: () => Promise.reject(new Error('on purpose')) }),
  setsBoth: ({ jobContext, stepContext }) => ({
    process: () => void (jobContext.exitStatus = stepContext.exitStatus = 'SET INSIDE')
  }),
  seesNothing: ({ jobContext }) => ({
    process: () => {
      const seen = jobContext.exitStatus
      jobContext.exitStatus = 'x'
      return `SAW ${seen}`
    }
  }),
  waits: ({ signal }) => ({
    process: () => new Promise(resolve => signal.addEventListener('abort', resolve))
  })
}

const step = (id: string, ref = 'fine', more = '') =>
  `<step id="${id}"><batchlet ref="${ref}"/>${more}</step>`
const split = (...flows: string[]) =>
  `<split id="split" next="after">${flows.map((flow, n) => `<flow id="f${n}">${flow}</flow>`).join('')}</split>${step('after')}`
const names = (job: { steps: readonly { stepName: string }[] }) =>
  job.steps.map(({ stepName }) => stepName).toSorted()

t.test('when all flows have ended the split goes on', async t => {
  const job = await runJob({ jsl: split(step('a'), step('b')), artifacts })
  t.same(names(job), ['a', 'after', 'b'])
  t.equal(job.batchStatus, 'COMPLETED')
})

t.test('each flow has a job context of its own, and nothing of it reaches the job', async t => {
  const job = await runJob({ jsl: split(step('a', 'setsBoth'), step('b', 'seesNothing')), artifacts })
  t.equal(job.exitStatus, null)
  t.equal(job.steps.find(({ stepName }) => stepName === 'b')!.exitStatus, 'SAW null')
})

t.test('a flow that fails lets the others end and fails the job', async t => {
  const job = await runJob({ jsl: split(step('a', 'fails'), step('b')), artifacts })
  t.same(names(job), ['a', 'b'])
  t.equal(job.batchStatus, 'FAILED')
})

t.test('of several ends FAILED comes before STOPPED before COMPLETED', async t => {
  const end = (name: string, more = '') =>
    step(name, 'fine', `<${name} on="*" exit-status="BY ${name}" ${more}/>`)
  t.match(await runJob({ jsl: split(end('end'), end('stop', 'restart="after"'), end('fail')), artifacts }), {
    batchStatus: 'FAILED',
    exitStatus: 'BY fail'
  })
  t.match(await runJob({ jsl: split(end('end'), end('stop', 'restart="after"')), artifacts }), {
    batchStatus: 'STOPPED',
    exitStatus: 'BY stop',
    restartOn: 'after'
  })
  const ended = await runJob({ jsl: split(end('end'), step('b')), artifacts })
  t.match(ended, { batchStatus: 'COMPLETED', exitStatus: 'BY end' })
  t.same(names(ended), ['b', 'end'])
})

t.test('a stop reaches every flow', async t => {
  const stop = new StopRequest()
  setImmediate(() => stop.request('now'))
  const job = await runJob({ jsl: split(step('a', 'waits'), step('b', 'waits')), artifacts, stop })
  t.match(job, { batchStatus: 'STOPPED', steps: [{ batchStatus: 'STOPPED' }, { batchStatus: 'STOPPED' }] })
})

t.test('splits nest', async t => {
  const inner = `<split id="inner"><flow id="g">${step('a')}</flow><flow id="h"><flow id="i">${step('b')}</flow></flow></split>`
  t.same(names(await runJob({ jsl: split(inner, step('c')), artifacts })), ['a', 'after', 'b', 'c'])
})
