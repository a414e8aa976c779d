// How document 003's client watches a batch: its own script where the document is at hand, and one of ours with the same rule.
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { until } from '../../support/until.ts'
import { clientOf } from '../schedules/scheduling-client.ts'
import { chunk, pipeline, sleeping, started, step } from './pipeline-client.ts'

type Poll = (pipeline: string, batch: string) => Promise<readonly string[]>

const app = await buildApp(t)
const client = clientOf(app)
await pipeline(
  client,
  'completes',
  chunk('a', { items: 60, 'read.millis': 10 }).replace('<step', '<step next="b"') +
    step('b', 'simpleBatchlet')
)
await pipeline(
  client,
  'fails',
  step('a', 'failingBatchlet', 'b') + step('b', 'simpleBatchlet', 'c') + step('c', 'simpleBatchlet')
)
await pipeline(client, 'stopped', sleeping('a', 'b') + step('b', 'simpleBatchlet'))

/** The document's rule: the poll ends when every step is success or failed, or the batch is stop. */
const ours: Poll = async (name, batch) => {
  const said: string[] = []
  await until(`the poll of ${batch} ends`, async () => {
    const { state } = (await client.get(`/batches/${name}/${batch}`)).json as {
      state: { state: string; steps: Record<string, { state: string }> }
    }
    const states = Object.entries(state.steps).map(([step, { state }]) => `${step}: ${state}`)
    said.push(`Batch state: ${state.state}`, ...states)
    return state.state === 'stop' || states.every(line => /: (success|failed)$/.test(line))
  })
  return [...said, 'Batch completed']
}

/** Runs the text as it is; only what it takes from its surroundings (the address, a token, the interval) is given. */
function pollingWith(script: string): Poll {
  return async (name, batch) => {
    const said: string[] = []
    // oxlint-disable-next-line typescript/no-implied-eval -- it is the document's, and not to be changed
    const make = new Function('fetch', 'console', 'accessToken', `${script}\nreturn pollBatchStatus`)
    const poll = make(
      async (url: string, init: RequestInit) => await fetch(`${app.address()}${url}`, init),
      { log: (line: string) => said.push(line.trim()) },
      'token'
    ) as (pipelineId: string, batchId: string, interval: number) => Promise<void>
    await poll(name, batch, 20)
    return said
  }
}

/** `null`: the documents are not beside this checkout. */
async function scriptOfTheDocument(): Promise<string | null> {
  const folder = path.resolve(import.meta.dirname, '../../../../shared/seeds')
  const name = (await readdir(folder).catch(() => [])).find(file => file.startsWith('003_'))
  if (name === undefined) return null
  return (
    /^async function pollBatchStatus[^]*^}/m.exec(await readFile(path.join(folder, name), 'utf8'))?.[0] ??
    null
  )
}

async function watches(t: Test, poll: Poll): Promise<void> {
  const completed = await poll('completes', await started(client, 'completes'))
  t.same(completed.slice(-3), ['a: success', 'b: success', 'Batch completed'])
  t.ok(completed.includes('a: running'), 'it was seen at work')

  const failed = await poll('fails', await started(client, 'fails'))
  t.same(failed.slice(-5), ['Batch state: stop', 'a: failed', 'b: none', 'c: none', 'Batch completed'])

  const batch = await started(client, 'stopped')
  const watching = poll('stopped', batch)
  await until(
    'it runs',
    async () => (await client.get('/batches/stopped')).json.state.steps.a.state === 'running'
  )
  t.match(await client.ask('PUT', `/batches/stopped/${batch}/stop`), {
    status: 200,
    json: { message: 'Batch stopped successfully' }
  })
  t.same((await watching).slice(-4), ['Batch state: stop', 'a: failed', 'b: none', 'Batch completed'])
}

t.test(
  'R003-11 a client with the document’s rule sees a batch complete, fail at its first step, and be stopped',
  async t => watches(t, ours)
)

const script = await scriptOfTheDocument()
const skip = script === null && 'the requirement documents are not beside this checkout'

t.test('R003-11 the document’s own polling script, unchanged, ends for each of them', { skip }, async t =>
  watches(t, pollingWith(script!))
)
