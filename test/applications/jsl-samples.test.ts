import t from 'tap'
import { findApplication, listApplications } from '../../src/applications/application.ts'
import { loadArtifacts } from '../../src/applications/artifact-registry.ts'
import { jobXMLNames, readJobXML } from '../../src/applications/job-xml.ts'
import { readJob } from '../../src/jsl/read-job.ts'
import { resolveJob } from '../../src/jsl/resolve-job.ts'
import type { Injected } from '../../src/batch/artifacts.ts'
import { injectedWith } from './support.ts'

const SAMPLES = new URL('../../jsl-samples', import.meta.url).pathname
const values = { jobParameters: {}, systemProperties: {} }

t.test('every packaged sample is valid, is named as its file and finds its artifacts', async t => {
  for (const application of await listApplications(SAMPLES)) {
    const registry = await loadArtifacts(application.directory)
    for (const name of await jobXMLNames(application)) {
      const text = await readJobXML(application, name)
      t.equal(resolveJob(readJob(text), values).id, name, `${application.name} ${name}`)
      for (const [, ref] of text.matchAll(/ ref="([^"]+)"/g))
        t.doesNotThrow(() => registry.create(ref!, injectedWith()), ref!)
    }
  }
})

t.test('the samples that documents and clients name are there', async t => {
  const application = await findApplication(SAMPLES, 'SimpleBatchJob')
  t.same(await jobXMLNames(application), [
    'test_batchlet_jsl',
    'test_chunk',
    'test_decision',
    'test_failingBatchlet',
    'test_multiPartition',
    'test_multiPartition_3Steps',
    'test_noop',
    'test_sleepyBatchlet',
    'test_split',
    'test_twoSteps'
  ])
})

t.test('test_chunk reads 100 items in chunks of 10 unless told otherwise', async t => {
  const application = await findApplication(SAMPLES, 'SimpleBatchJob')
  const job = readJob(await readJobXML(application, 'test_chunk'))
  const chunkWith = (jobParameters: Record<string, string>) => {
    const [step] = resolveJob(job, { ...values, jobParameters }).elements
    if (step?.kind !== 'step' || step.work.kind !== 'chunk') throw new Error('test_chunk has no chunk step')
    return { id: step.id, itemCount: step.work.itemCount, properties: step.work.reader.properties }
  }
  t.match(chunkWith({}), { id: 'step1', itemCount: 10, properties: { items: '100', 'read.millis': '0' } })
  t.match(chunkWith({ items: '7', 'chunk.size': '3', 'fail.at': '5', 'read.millis': '20' }), {
    itemCount: 3,
    properties: { items: '7', 'fail.at': '5', 'read.millis': '20' }
  })
})

async function artifact<T>(ref: string, given: Partial<Injected>): Promise<T> {
  const registry = await loadArtifacts(`${SAMPLES}/SimpleBatchJob`)
  return registry.create(ref, injectedWith(given)) as T
}

interface Process {
  process(): Promise<string | undefined>
}

t.test('simpleBatchlet ends with the name of its step', async t => {
  t.equal(await (await artifact<Process>('simpleBatchlet', {})).process(), 'step1')
  const told = await artifact<Process>('simpleBatchlet', { properties: { 'exit.status': 'DONE' } })
  t.equal(await told.process(), 'DONE')
})

t.test('sleepyBatchlet sleeps as long as it is told, and a stop wakes it up', async t => {
  const none = await artifact<Process>('sleepyBatchlet', { properties: { 'sleep.time.seconds': '0' } })
  t.equal(await none.process(), 'SleepyBatchlet:i=0;stopRequested=false')
  const one = await artifact<Process>('sleepyBatchlet', { jobParameters: { 'sleep.time.seconds': '1' } })
  t.equal(await one.process(), 'SleepyBatchlet:i=1;stopRequested=false')
  const stop = new AbortController()
  const long = await artifact<Process>('sleepyBatchlet', {
    properties: { 'sleep.time.seconds': '3600' },
    signal: stop.signal
  })
  const ended = long.process()
  stop.abort()
  t.equal(await ended, 'SleepyBatchlet:i=1;stopRequested=true')
  const wrong = await artifact<Process>('sleepyBatchlet', { properties: { 'sleep.time.seconds': 'long' } })
  await t.rejects(wrong.process(), /sleep\.time\.seconds must be a whole number, not long/)
})

t.test('failingBatchlet fails unless it is told not to', async t => {
  await t.rejects((await artifact<Process>('failingBatchlet', {})).process(), /force\.failure/)
  await t.resolves(
    (await artifact<Process>('failingBatchlet', { properties: { 'force.failure': 'false' } })).process()
  )
})

interface Reader {
  open(checkpoint: number | null): void
  readItem(): number | null | Promise<number | null>
  checkpointInfo(): number
}

t.test('countingReader fails where it is told and goes on after its checkpoint', async t => {
  const reader = await artifact<Reader>('countingReader', { properties: { items: '5', 'fail.at': '4' } })
  reader.open(null)
  t.same([reader.readItem(), reader.readItem(), reader.readItem()], [1, 2, 3])
  t.throws(() => reader.readItem(), /fails at 4/)
  const again = await artifact<Reader>('countingReader', {
    properties: { items: '5', 'fail.at': 'none', 'read.millis': '1' }
  })
  again.open(reader.checkpointInfo())
  t.same([await again.readItem(), await again.readItem(), await again.readItem()], [4, 5, null])
})
