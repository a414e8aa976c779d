// A generator that has thrown is finished: what a step with skips and retries makes of that.
import t from 'tap'
import { generatorReader } from '../../../src/applications/generator-reader.ts'
import { type Artifacts, runJob } from '../run-job.ts'

const CLASSES = (kind: string) =>
  `<${kind}-exception-classes><include class="java.lang.Exception"/></${kind}-exception-classes>`
const jsl = (...kinds: string[]) =>
  `<step id="s"><chunk item-count="2"><reader ref="reader"/><writer ref="writer"/>${kinds.map(CLASSES).join('')}</chunk></step>`

/** Fails at 4 so many times. */
function world(times: number) {
  const written: unknown[] = []
  let thrown = 0
  function* numbers() {
    for (let n = 1; n <= 6; n++) {
      if (n === 4 && thrown++ < times) throw new RangeError('bad line')
      yield n
    }
  }
  const artifacts: Artifacts = {
    reader: injected => generatorReader(numbers, injected),
    writer: () => ({ writeItems: (items: unknown[]) => void written.push(...items) })
  }
  return { artifacts, written }
}

t.test('with unlimited skips the step ends FAILED and tells why, instead of skipping for ever', async t => {
  const { artifacts, written } = world(Infinity)
  const job = await runJob({ jsl: jsl('skippable'), artifacts })
  t.match(job, {
    batchStatus: 'FAILED',
    steps: [{ message: /a reader whose errors are skipped must be a class.*\n.*bad line/ }]
  })
  t.same(written, [1, 2], 'what was committed before stands')
  t.match(job.steps[0]!.state.metrics, { READ_SKIP_COUNT: 1, WRITE_COUNT: 2 })
})

t.test('with retries it is drawn anew from its checkpoint', async t => {
  const { artifacts, written } = world(2)
  t.match(await runJob({ jsl: jsl('retryable'), artifacts }), { batchStatus: 'COMPLETED' })
  t.same(written, [1, 2, 3, 4, 5, 6])
})

t.test('a retry without rollback cannot go on with it', async t => {
  const { artifacts } = world(1)
  const job = await runJob({ jsl: jsl('retryable', 'no-rollback'), artifacts })
  t.match(job, { batchStatus: 'FAILED', steps: [{ message: /cannot be read on/ }] })
})
