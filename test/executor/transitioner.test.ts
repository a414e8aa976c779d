// Which element comes next, and how a job ends: JSR-352 §8.9.
import t from 'tap'
import { StopRequest } from '../../src/executor/stop-request.ts'
import { type Artifacts, runJob } from './run-job.ts'

/** Answers what its property says, or throws it. */
const artifacts: Artifacts = {
  answer: ({ properties }) => ({ process: () => properties['answer'] ?? null }),
  fail: ({ properties }) => ({
    process: () => {
      throw new Error(properties['message'] ?? 'on purpose')
    }
  }),
  setsJobExitStatus: ({ jobContext }) => ({ process: () => void (jobContext.exitStatus = 'SET') })
}

function step(id: string, more = '', { ref = 'answer', answer = '', attributes = '' } = {}): string {
  const properties = `<properties><property name="answer" value="${answer}"/></properties>`
  return `<step id="${id}" ${attributes}><batchlet ref="${ref}">${properties}</batchlet>${more}</step>`
}

const names = (job: { steps: readonly { stepName: string }[] }) => job.steps.map(({ stepName }) => stepName)

t.test('the first transition that matches the exit status wins, in document order', async t => {
  const jsl =
    step('a', '<next on="G?T*" to="c"/><next on="*" to="b"/>', { answer: 'GOT IT' }) + step('b') + step('c')
  t.same(names(await runJob({ jsl, artifacts })), ['a', 'c'])
})

t.test('without a match the next attribute is followed, and document neighbours are not', async t => {
  const jsl =
    step('a', '<next on="NEVER" to="b"/>', { attributes: 'next="c"' }) + step('b') + step('c') + step('d')
  const job = await runJob({ jsl, artifacts })
  t.same(names(job), ['a', 'c'])
  t.match(job, { batchStatus: 'COMPLETED', exitStatus: null })
})

t.test('a pattern for COMPLETED does not match a batchlet that answered something else', async t => {
  const jsl = step('a', '<next on="COMPLETED" to="b"/>', { answer: 'MINE' }) + step('b')
  t.same(names(await runJob({ jsl, artifacts })), ['a'])
})

t.test('a failed step goes on by a matching transition and the job may complete', async t => {
  const jsl = step('a', '<next on="FAILED" to="b"/>', { ref: 'fail' }) + step('b')
  const job = await runJob({ jsl, artifacts })
  t.match(job, {
    batchStatus: 'COMPLETED',
    steps: [{ batchStatus: 'FAILED', message: 'Error: on purpose' }, {}]
  })
})

t.test('a failed step without a matching transition fails the job and its next is not followed', async t => {
  const jsl = step('a', '<next on="X" to="b"/>', { ref: 'fail', attributes: 'next="b"' }) + step('b')
  const job = await runJob({ jsl, artifacts })
  t.same(names(job), ['a'])
  t.match(job, { batchStatus: 'FAILED', exitStatus: null, reason: null })
})

for (const [element, batchStatus] of [
  ['end', 'COMPLETED'],
  ['fail', 'FAILED'],
  ['stop', 'STOPPED']
]) {
  t.test(`${element} ends the job ${batchStatus} and leaves its step COMPLETED`, async t => {
    const jsl = step('a', `<${element} on="*" exit-status="BY JSL"/>`, { ref: 'setsJobExitStatus' })
    t.match(await runJob({ jsl, artifacts }), {
      batchStatus,
      exitStatus: 'BY JSL',
      steps: [{ batchStatus: 'COMPLETED', exitStatus: 'COMPLETED' }]
    })
  })
}

t.test('a terminating element without exit-status leaves the exit status that was set', async t => {
  const jsl = step('a', '<fail on="*"/>', { ref: 'setsJobExitStatus' })
  t.match(await runJob({ jsl, artifacts }), { batchStatus: 'FAILED', exitStatus: 'SET' })
})

t.test('an element transitioned to twice fails the job, also one that was only skipped', async t => {
  const jsl = (fails: string) =>
    step('a', '', { attributes: 'next="b"' }) +
    step('b', '<next on="#{jobParameters[\'on\']}" to="a"/>', { ref: fails })
  const loop = await runJob({ jsl: jsl('answer'), artifacts, jobParameters: { on: 'COMPLETED' } })
  t.same(names(loop), ['a', 'b'])
  t.match(loop, { batchStatus: 'FAILED', reason: /a was transitioned to a second time/ })
  const first = await runJob({ jsl: jsl('fail'), artifacts, jobParameters: { on: 'NEVER' } })
  const again = await runJob({
    jsl: jsl('fail'),
    artifacts,
    jobParameters: { on: 'FAILED' },
    from: first.next
  })
  t.same(names(again), ['b'])
  t.match(again.reason, /a was transitioned to a second time/)
})

t.test('a thousand steps in a row do not deepen the stack', async t => {
  const steps = Array.from({ length: 1000 }, (_, n) => step(`s${n}`, '', { attributes: `next="s${n + 1}"` }))
  const job = await runJob({ jsl: steps.join('') + step('s1000'), artifacts })
  t.equal(job.steps.length, 1001)
})

t.test('a flow goes on by the exit status of its last element', async t => {
  const flow = `<flow id="f">${step('a', '', { attributes: 'next="b"' })}${step('b', '', { answer: 'LAST' })}<next on="LAST" to="c"/></flow>`
  t.same(names(await runJob({ jsl: flow + step('c'), artifacts })), ['a', 'b', 'c'])
})

t.test('what ends the job inside a flow ends it outside too', async t => {
  const flow = (inner: string) => `<flow id="f" next="c">${inner}</flow>${step('c')}`
  const ended = await runJob({ jsl: flow(step('a', '<end on="*" exit-status="E"/>')), artifacts })
  t.match(ended, { batchStatus: 'COMPLETED', exitStatus: 'E', steps: { length: 1 } })
  const failed = await runJob({ jsl: flow(step('a', '', { ref: 'fail' })), artifacts })
  t.match(failed, { batchStatus: 'FAILED', steps: { length: 1 } })
})

t.test('a stop between elements starts no further one and follows no transition', async t => {
  const stop = new StopRequest()
  const stopping = { ...artifacts, stopping: () => ({ process: () => stop.request('now'), stop: () => {} }) }
  const jsl = step('a', '<fail on="*"/>', { ref: 'stopping' }) + step('b')
  const job = await runJob({ jsl, artifacts: stopping, stop })
  t.match(job, {
    batchStatus: 'STOPPED',
    exitStatus: null,
    restartOn: null,
    steps: [{ batchStatus: 'STOPPED' }]
  })
})

t.test('a step that fails while a stop is asked for leaves the job FAILED', async t => {
  const stop = new StopRequest()
  const failing = {
    failing: () => ({
      process: () => {
        stop.request('now')
        throw new Error('really')
      }
    })
  }
  t.match(await runJob({ jsl: step('a', '', { ref: 'failing' }), artifacts: failing, stop }), {
    batchStatus: 'FAILED',
    steps: [{ batchStatus: 'FAILED' }]
  })
})
