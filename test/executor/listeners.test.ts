// Several listeners on one element, and one object that listens to everything.
import t from 'tap'
import { type Artifacts, runJob } from './run-job.ts'

const CALLBACKS = (
  'beforeJob afterJob beforeStep afterStep beforeChunk afterChunk onError beforeRead afterRead onReadError ' +
  'beforeProcess afterProcess onProcessError beforeWrite afterWrite onWriteError onSkipReadItem onSkipProcessItem ' +
  'onSkipWriteItem onRetryReadException onRetryProcessException onRetryWriteException'
).split(' ')

function listening(calls: string[], failing: string | null = null): Artifacts {
  let instances = 0
  const listener = () => {
    const number = ++instances
    const call = (name: string) => {
      calls.push(`${name}${number}`)
      if (name === failing) throw new Error(`${name} on purpose`)
    }
    return Object.fromEntries(CALLBACKS.map(name => [name, () => call(name)]))
  }
  return {
    listener,
    reader: () => {
      let left = 1
      return { readItem: () => (left-- > 0 ? 'item' : null) }
    },
    writer: () => ({ writeItems: () => {} }),
    batchlet: () => ({ process: () => {} })
  }
}

const TWO = '<listeners><listener ref="listener"/><listener ref="listener"/></listeners>'
const CHUNK = '<chunk item-count="1"><reader ref="reader"/><writer ref="writer"/></chunk>'

t.test(
  'listeners of one element are called in document order, each by every kind its place allows',
  async t => {
    const calls: string[] = []
    const jsl = `${TWO}<step id="s">${TWO}${CHUNK}</step>`
    await runJob({ jsl, artifacts: listening(calls) })
    const twice = (name: string) => [`${name}3`, `${name}4`]
    t.same(calls, [
      'beforeJob1',
      'beforeJob2',
      ...['beforeStep', 'beforeChunk', 'beforeRead', 'afterRead', 'beforeProcess', 'afterProcess'].flatMap(
        twice
      ),
      ...['beforeWrite', 'afterWrite', 'afterChunk'].flatMap(twice),
      ...['beforeChunk', 'beforeRead', 'afterRead', 'afterChunk', 'afterStep'].flatMap(twice),
      'afterJob1',
      'afterJob2'
    ])
  }
)

t.test('on a batchlet step only the step callbacks are called', async t => {
  const calls: string[] = []
  await runJob({ jsl: `<step id="s">${TWO}<batchlet ref="batchlet"/></step>`, artifacts: listening(calls) })
  t.same(calls, ['beforeStep1', 'beforeStep2', 'afterStep1', 'afterStep2'])
})

t.test('a listener that fails fails its step, or its job, and the ends are still told', async t => {
  for (const failing of [
    'beforeStep',
    'afterStep',
    'beforeChunk',
    'afterChunk',
    'beforeRead',
    'afterWrite'
  ]) {
    const calls: string[] = []
    const job = await runJob({
      jsl: `<step id="s">${TWO}${CHUNK}</step>`,
      artifacts: listening(calls, failing)
    })
    t.match(job, { batchStatus: 'FAILED', steps: [{ batchStatus: 'FAILED', exitStatus: 'FAILED' }] }, failing)
    t.same(calls.slice(-2), ['afterStep1', 'afterStep2'], failing)
  }
  for (const failing of ['beforeJob', 'afterJob']) {
    const calls: string[] = []
    const job = await runJob({
      jsl: `${TWO}<step id="s">${CHUNK}</step>`,
      artifacts: listening(calls, failing)
    })
    t.equal(job.batchStatus, 'FAILED', failing)
    t.same(calls.slice(-2), ['afterJob1', 'afterJob2'], failing)
  }
})

t.test('after a listener that throws the next ones are not called, but at the end all are', async t => {
  for (const [failing, last] of [
    ['beforeStep', ['beforeStep1', 'afterStep1', 'afterStep2']],
    ['afterStep', ['afterStep1', 'afterStep2']]
  ] as const) {
    const calls: string[] = []
    await runJob({ jsl: `<step id="s">${TWO}${CHUNK}</step>`, artifacts: listening(calls, failing) })
    t.same(calls.slice(-last.length), last)
    t.equal(calls.includes('beforeStep2'), failing === 'afterStep')
  }
})
