// What a decider is given and what its answer does: JSR-352 §8.5.
import t from 'tap'
import type { StepExecution } from '../../src/batch/job-records.ts'
import { type Artifacts, runJob } from './run-job.ts'

const artifacts: Artifacts = {
  answer: ({ properties }) => ({ process: () => properties['answer'] ?? null }),
  /** Answers the names and exit statuses it was given. */
  tell: () => ({
    decide: (given: readonly StepExecution[]) =>
      given.map(({ stepName, exitStatus }) => `${stepName}=${exitStatus}`).join() || 'none'
  }),
  star: () => ({ decide: () => 'A*2' }),
  failOnce: ({ jobParameters }) => ({
    process: () => {
      if (jobParameters['run'] === '1') throw new Error('first time')
    }
  }),
  broken: () => ({ decide: () => Promise.reject(new Error('undecided')) }),
  number: () => ({ decide: () => 7 }),
  nothing: () => ({ decide: () => null })
}

const step = (id: string, next = '', ref = 'answer') =>
  `<step id="${id}" ${next && `next="${next}"`}><batchlet ref="${ref}"/></step>`
const decision = (id: string, ref: string, transitions = '') =>
  `<decision id="${id}" ref="${ref}">${transitions}</decision>`

t.test('after a step it is given that step, and its answer is the exit status of the job', async t => {
  t.match(await runJob({ jsl: step('a', 'd') + decision('d', 'tell'), artifacts }), {
    batchStatus: 'COMPLETED',
    exitStatus: 'a=COMPLETED'
  })
})

t.test('after a flow it is given the last step of the flow', async t => {
  const jsl = `<flow id="f" next="d">${step('a', 'b')}${step('b')}</flow>${decision('d', 'tell')}`
  t.equal((await runJob({ jsl, artifacts })).exitStatus, 'b=COMPLETED')
})

t.test('after a split it is given the last step of each flow, in document order', async t => {
  const flows = `<flow id="f">${step('a', 'b')}${step('b')}</flow><flow id="g">${step('c')}</flow>`
  const jsl = `<split id="s" next="d">${flows}</split>${decision('d', 'tell')}`
  t.equal((await runJob({ jsl, artifacts })).exitStatus, 'b=COMPLETED,c=COMPLETED')
})

t.test('after a flow that ends with a split it is given one step for each flow of the split', async t => {
  const split = `<split id="s"><flow id="g">${step('b')}</flow><flow id="h">${step('c')}</flow></split>`
  const jsl = `<flow id="f" next="d">${step('a', 's')}${split}</flow>${decision('d', 'tell')}`
  t.equal((await runJob({ jsl, artifacts })).exitStatus, 'b=COMPLETED,c=COMPLETED')
})

t.test('after another decision it is given the same step executions again', async t => {
  const jsl = step('a', 'd') + decision('d', 'star', '<next on="*" to="e"/>') + decision('e', 'tell')
  t.equal((await runJob({ jsl, artifacts })).exitStatus, 'a=COMPLETED')
})

t.test('on a restart it is given what skipped steps left in an earlier execution', async t => {
  const jsl = step('a', 'd') + decision('d', 'tell', '<next on="a=*" to="b"/>') + step('b', '', 'failOnce')
  const first = await runJob({ jsl, artifacts, jobParameters: { run: '1' } })
  t.equal(first.batchStatus, 'FAILED')
  const second = await runJob({ jsl, artifacts, jobParameters: { run: '2' }, from: first.next })
  t.match(second, { batchStatus: 'COMPLETED', exitStatus: 'a=COMPLETED', steps: [{ stepName: 'b' }] })
})

t.test('a star in its answer is a character like any other', async t => {
  const jsl = step('a', 'd') + decision('d', 'star', '<fail on="A*2"/>')
  t.match(await runJob({ jsl, artifacts }), { batchStatus: 'FAILED', exitStatus: 'A*2' })
})

t.test('an answer without a match completes the job', async t => {
  const jsl = step('a', 'd') + decision('d', 'number', '<fail on="8"/>')
  t.match(await runJob({ jsl, artifacts }), { batchStatus: 'COMPLETED', exitStatus: '7' })
})

t.test('no answer sets no exit status and matches nothing', async t => {
  const jsl = step('a', 'd') + decision('d', 'nothing', '<fail on="*"/>')
  t.match(await runJob({ jsl, artifacts }), { batchStatus: 'COMPLETED', exitStatus: null })
})

for (const ref of ['broken', 'missing']) {
  t.test(`a decider that is ${ref} fails the job and tries no transition`, async t => {
    const jsl = step('a', 'd') + decision('d', ref, '<end on="*"/>')
    t.match(await runJob({ jsl, artifacts }), { batchStatus: 'FAILED', reason: /decision d: Error/ })
  })
}
