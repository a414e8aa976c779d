// What runs again and from where: JSR-352 §10.8, and an execution that was interrupted (ENGINE E12).
import t from 'tap'
import type { Injected } from '../../src/batch/artifacts.ts'
import { type Artifacts, runJob } from './run-job.ts'

/** Fails in the executions whose number its property names; counts up its persistent user data. */
const artifacts: Artifacts = {
  work: ({ properties, jobParameters, stepContext }) => ({
    process: () => {
      stepContext.persistentUserData = Number(stepContext.persistentUserData ?? 0) + 1
      const failing = properties['fails']?.split(',').includes(jobParameters['run']!)
      if (failing) throw new Error('as told')
      return properties['answer'] ?? null
    }
  })
}

function step(id: string, { attributes = '', fails = '', answer = '', transitions = '' } = {}): string {
  const properties = `<property name="fails" value="${fails}"/><property name="answer" value="${answer}"/>`
  return `<step id="${id}" ${attributes}><batchlet ref="work"><properties>${properties}</properties></batchlet>${transitions}</step>`
}

function run(jsl: string, number: number, more: Partial<Parameters<typeof runJob>[0]> = {}) {
  return runJob({ jsl, artifacts, ...more, jobParameters: { run: String(number), ...more.jobParameters } })
}

const names = (job: { steps: readonly { stepName: string }[] }) => job.steps.map(({ stepName }) => stepName)

t.test('a completed step is passed over and no step execution is made of it', async t => {
  const jsl = step('a', { attributes: 'next="b"' }) + step('b', { fails: '1' })
  const first = await run(jsl, 1)
  t.same(names(first), ['a', 'b'])
  const second = await run(jsl, 2, { from: first.next })
  t.same(names(second), ['b'])
  t.equal(second.batchStatus, 'COMPLETED')
})

t.test('a passed step transitions by its stored exit status against the new transitions', async t => {
  const to = `<next on="#{jobParameters['on']}" to="b"/>`
  const jsl = step('a', { answer: 'STORED', transitions: `${to}<stop on="*"/>` }) + step('b')
  const first = await run(jsl, 1, { jobParameters: { on: 'NEVER' } })
  t.equal(first.batchStatus, 'STOPPED')
  t.same(names(await run(jsl, 2, { from: first.next, jobParameters: { on: 'STORED' } })), ['b'])
})

t.test(
  'allow-start-if-complete runs a completed step again from the beginning, with its user data',
  async t => {
    const jsl =
      step('a', { attributes: 'next="b" allow-start-if-complete="true"' }) + step('b', { fails: '1' })
    const first = await run(jsl, 1)
    const second = await run(jsl, 2, { from: first.next })
    t.same(names(second), ['a', 'b'])
    t.equal(second.steps[0]!.state.persistentUserData, 2)
    t.ok(second.instance.calls.includes('startStep b continue'))
  }
)

t.test('persistent user data of a failed step are kept for its next attempt', async t => {
  const first = await run(step('a', { fails: '1' }), 1)
  t.equal(first.steps[0]!.state.persistentUserData, 1)
  const second = await run(step('a', { fails: '1' }), 2, { from: first.next })
  t.equal(second.steps[0]!.state.persistentUserData, 2)
})

t.test('a start beyond start-limit fails the job without a step execution, and its log says so', async t => {
  const jsl =
    step('a', { attributes: 'start-limit="1"', fails: '1', transitions: '<next on="NEVER" to="b"/>' }) +
    step('b')
  const first = await run(jsl, 1)
  const second = await run(jsl, 2, { from: first.next })
  t.match(second, {
    batchStatus: 'FAILED',
    steps: [],
    reason: /step a was started 1 times and its start-limit is 1/
  })
  t.ok(second.instance.log.some(line => line.includes('start-limit is 1')))
})

t.test('passing over a completed step does not count as a start', async t => {
  const jsl = step('a', { attributes: 'next="b" start-limit="1"' }) + step('b', { fails: '1,2' })
  const first = await run(jsl, 1)
  const second = await run(jsl, 2, { from: first.next })
  t.equal((await run(jsl, 3, { from: second.next })).batchStatus, 'COMPLETED')
})

t.test('the restart of a stop element is where the next execution begins, and only that one', async t => {
  const jsl =
    step('a', { attributes: 'allow-start-if-complete="true"', transitions: '<stop on="*" restart="c"/>' }) +
    step('b') +
    step('c', { fails: '2' })
  const first = await run(jsl, 1)
  t.match(first, { batchStatus: 'STOPPED', restartOn: 'c' })
  const second = await run(jsl, 2, { from: first.next })
  t.same(names(second), ['c'])
  t.match(second, { batchStatus: 'FAILED', restartOn: null })
  t.same(names(await run(jsl, 3, { from: second.next })), ['a'])
})

t.test('a restart element that is gone fails the job with a reason', async t => {
  const first = await run(step('a', { fails: '1' }), 1)
  t.match(await run(step('a'), 2, { from: { ...first.next, restartOn: 'gone' } }), {
    batchStatus: 'FAILED',
    reason: 'job job has no element gone to begin at'
  })
})

t.test(
  'an interrupted execution goes on in the step it was in, without beforeJob and without a new start',
  async t => {
    const calls: string[] = []
    const listener = ({ log }: Injected) => ({
      beforeJob: () => void calls.push(`beforeJob ${typeof log.info}`),
      afterJob: () => void calls.push('afterJob')
    })
    const steps =
      step('a', { attributes: 'next="b" allow-start-if-complete="true"' }) +
      step('b', { attributes: 'start-limit="1"' })
    const jsl = `<listeners><listener ref="listener"/></listeners>${steps}`
    const first = await run(jsl, 1, { artifacts: { ...artifacts, listener } })
    const interrupted = first.instance.steps.at(-1)!
    Object.assign(interrupted, { batchStatus: 'STARTED', exitStatus: null })
    calls.length = 0
    const resume = first.executionId
    const again = await run(jsl, 1, { artifacts: { ...artifacts, listener }, from: first.next, resume })
    t.same(names(again), ['a', 'b'], 'no row is added')
    t.match(again, { batchStatus: 'COMPLETED' })
    t.same(calls, ['afterJob'])
  }
)

t.test('a step that failed before the interruption is not run again in the same execution', async t => {
  const jsl = step('a', { fails: '1', transitions: '<next on="FAILED" to="b"/>' }) + step('b')
  const first = await run(jsl, 1)
  Object.assign(first.instance.steps.at(-1)!, { batchStatus: 'STARTED' })
  const calls = first.instance.calls.length
  const again = await run(jsl, 2, { from: first.next, resume: first.executionId })
  t.equal(again.batchStatus, 'COMPLETED')
  t.same(again.instance.calls.slice(calls), ['startStep b continue', 'endStep b COMPLETED COMPLETED'])
})

t.test('an interrupted execution has the exit status again that its job context had', async t => {
  const sets: Artifacts = {
    says: ({ properties, jobContext }) => ({
      process: () => {
        const seen = jobContext.exitStatus
        jobContext.exitStatus = properties['sets'] ?? seen
        return String(seen)
      }
    }),
    decides: () => ({ decide: () => 'DECIDED' })
  }
  const one = (id: string, says: string, more = '') =>
    `<step id="${id}"${more}><batchlet ref="says"><properties><property name="sets" value="${says}"/></properties></batchlet></step>`
  const jsl =
    one('a', 'BY A', ' next="d"') +
    '<decision id="d" ref="decides"><next on="*" to="b"/></decision>' +
    one('b', 'BY B', ' next="c"') +
    one('c', '')
  const first = await runJob({ jsl, artifacts: sets })
  t.same(
    first.steps.map(({ exitStatus }) => exitStatus),
    ['null', 'DECIDED', 'BY B']
  )
  Object.assign(first.steps.at(-1)!, { batchStatus: 'STARTED', exitStatus: null })
  const again = await runJob({ jsl, artifacts: sets, from: first.next, resume: first.executionId })
  t.match(again, { batchStatus: 'COMPLETED', exitStatus: 'BY B' })
  t.equal(again.steps.at(-1)!.exitStatus, 'BY B', 'the decision that is asked again does not win over it')
  const restarted = await runJob({ jsl, artifacts: sets, from: first.next })
  t.equal(restarted.exitStatus, 'DECIDED', 'a restart begins without one')
})
