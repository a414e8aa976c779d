// Batch events over HTTP, as a client that watches sees them: live, resumed after a break, filtered, and refused.
import t from 'tap'
import { EVENT_TOPICS } from '../../../src/batch/event-topics.ts'
import { rows } from '../../../src/store/database.ts'
import { buildApp } from '../../support/build-app.ts'
import { type Message, watch } from '../../support/event-stream.ts'
import { until } from '../../support/until.ts'
import { endedJob, submitJsl, whenJob } from '../../support/jobs.ts'

async function upTo(messages: AsyncIterable<Message>, last: string): Promise<Message[]> {
  const seen: Message[] = []
  for await (const message of messages) {
    seen.push(message)
    if (message.event === last) return seen
  }
  throw new Error(`the stream ended before ${last}`)
}

const app = await buildApp(t)
const EVENTS = `${app.address()}/api/v1/events`

/** Two partitions, then a split of two flows. */
const JOB = `
<step id="parts" next="both"><batchlet ref="simpleBatchlet"/><partition><plan partitions="2"/></partition></step>
<split id="both"><flow id="f1"><step id="s1"><batchlet ref="simpleBatchlet"/></step></flow>
<flow id="f2"><step id="s2"><batchlet ref="simpleBatchlet"/></step></flow></split>`

const CHUNK = `<step id="count"><chunk item-count="5"><reader ref="CountingReader"/><writer ref="countingWriter"/></chunk></step>`
const told = async (instanceId: number) =>
  await rows<{ kind: string }>(app.database.db, 'select kind from event where instance_id = :instanceId', {
    instanceId
  })

// First in here: whoever listened a moment ago still counts.
t.test('checkpoints and parts of job logs are not told while nobody listens', async t => {
  const unheard = await submitJsl(app.operator, 'SimpleBatchJob', CHUNK, { items: '20' })
  t.equal((await endedJob(app.operator, unheard)).batchStatus, 'COMPLETED')
  t.same(
    (await told(unheard)).filter(({ kind }) => /checkpoint|jobLogPart/.test(kind)),
    []
  )
})

t.test('a job tells what it goes through, in order, in the form of the batch events of Liberty', async t => {
  const messages = watch(`${EVENTS}?topic=jobs/*`)
  const first = messages.next()
  await whenListening()
  const instanceId = await submitJsl(app.operator, 'SimpleBatchJob', JOB, {
    com_ibm_ws_batch_events_correlationId: 'order 7'
  })
  const one = (await first).value as Message
  const seen = [one, ...(await upTo(messages, 'batch/jobs/instance/completed'))]
  const topics = seen.map(({ event }) => event.replace('batch/jobs/', ''))
  t.same(
    topics
      .filter(topic => /^(instance|execution)\/[^/]+$/.test(topic))
      .filter(topic => !topic.endsWith('jobLogPart')),
    [
      'instance/submitted',
      'execution/starting',
      ...['instance/dispatched', 'execution/started'].toSorted(
        (a, b) => topics.indexOf(a) - topics.indexOf(b)
      ),
      ...['execution/completed', 'instance/completed'].toSorted(
        (a, b) => topics.indexOf(a) - topics.indexOf(b)
      )
    ]
  )
  t.equal(topics.filter(topic => topic === 'execution/partition/started').length, 2)
  t.equal(topics.filter(topic => topic === 'execution/partition/completed').length, 2)
  t.equal(topics.filter(topic => topic === 'execution/split-flow/ended').length, 2)
  t.equal(topics.filter(topic => topic === 'execution/step/started').length, 3)
  t.match(one.data, {
    topic: 'batch/jobs/instance/submitted',
    jobName: 'tested',
    instanceId,
    instanceState: 'SUBMITTED',
    batchStatus: 'STARTING',
    submitter: 'tester'
  })
  t.match(seen.find(({ event }) => event.endsWith('execution/completed'))!.data, {
    instanceId,
    jobName: 'tested',
    correlationId: 'order 7',
    jobParameters: { com_ibm_ws_batch_events_correlationId: 'order 7' },
    exitStatus: 'COMPLETED',
    endTime: /^\d{4}\/\d\d\/\d\d /
  })
  t.match(seen.find(({ event }) => event.endsWith('partition/completed'))!.data, {
    partitionNumber: Number,
    stepName: 'parts',
    batchStatus: 'COMPLETED',
    instanceId
  })
  t.match(seen.find(({ event }) => event.endsWith('split-flow/started'))!.data, {
    splitName: 'both',
    flowName: /^f/
  })
  t.match(seen.find(({ event }) => event.endsWith('step/completed'))!.data, {
    metrics: { READ_COUNT: '0' },
    stepName: String
  })
})

t.test('who comes back with the last id he saw gets what he missed, and nothing twice', async t => {
  const instanceId = await submitJsl(app.operator, 'SimpleBatchJob', JOB)
  await endedJob(app.operator, instanceId)
  const url = `${EVENTS}?instance=${instanceId}`
  const all = await upTo(watch(url, { 'last-event-id': '0-0' }), 'batch/jobs/instance/completed')
  const half = all[Math.floor(all.length / 2)]!
  const rest = await upTo(watch(url, { 'last-event-id': half.id }), 'batch/jobs/instance/completed')
  t.same(rest, all.slice(all.indexOf(half) + 1))
  t.ok(all.every(({ data }) => data['instanceId'] === instanceId))
})

t.test('who asks after what is not kept any more is told to look at all of it anew', async t => {
  const messages = watch(EVENTS, { 'last-event-id': 'yesterday' })
  const { value } = await messages.next()
  t.match(value, { event: 'reset', id: /^\d+-\d+$/ })
  await messages.return(undefined)
})

t.test('checkpoints and parts of job logs are told while somebody listens', async t => {
  await rows(app.database.db, `update event_demand set wanted_until = clock_timestamp() + interval '1 hour'`)
  const instanceId = await submitJsl(app.operator, 'SimpleBatchJob', CHUNK, { items: '20' })
  await endedJob(app.operator, instanceId)
  const messages = await upTo(
    watch(`${EVENTS}?instance=${instanceId}`, { 'last-event-id': '0-0' }),
    'batch/jobs/instance/completed'
  )
  const checkpoints = messages.filter(({ event }) => event === 'batch/jobs/execution/step/checkpoint')
  t.ok(checkpoints.length >= 4)
  t.match(checkpoints[0]!.data, {
    stepName: 'count',
    instanceId,
    executionId: Number,
    stepExecutionId: Number
  })
  // Each server looks every two seconds whether anybody listens.
  await until('a part of a job log is told', async () => {
    await endedJob(app.operator, await submitJsl(app.operator, 'SimpleBatchJob', CHUNK, { items: '20' }))
    const parts = await rows(app.database.db, `select from event where kind = 'jobs/execution/jobLogPart'`)
    return parts.length > 0
  })
  const parts = watch(`${EVENTS}?topic=*LogPart`, { 'last-event-id': '0-0' })
  const [part] = await upTo(parts, 'batch/jobs/execution/jobLogPart')
  t.match(part!.data, { appName: 'tested', partNumber: 1, finalLog: true, contents: Array })
  t.notOk('execution_id' in part!.data, 'only fields of Liberty')
  // The first one may be a partition's, of the job above.
  t.ok((part!.data['contents'] as string[]).some(line => /CWWKY00(09|12)I/.test(line)))
})

t.test('a topic that no event ever has, and an instance that is no number, are refused', async t => {
  for (const query of ['topic=jobs/instance/finished', 'instance=x', 'topics=jobs/*']) {
    const reply = await fetch(`${EVENTS}?${query}`)
    t.equal(reply.status, 400, query)
    await reply.body?.cancel()
  }
})

t.test('a stop and a purge are told too', async t => {
  const instanceId = await submitJsl(
    app.operator,
    'SimpleBatchJob',
    '<step id="s"><batchlet ref="sleepyBatchlet"><properties><property name="sleep.time.seconds" value="60"/></properties></batchlet></step>'
  )
  const messages = watch(`${EVENTS}?instance=${instanceId}&topic=jobs/instance/*`, { 'last-event-id': '0-0' })
  await whenJob(app.operator, instanceId, 'STARTED')
  await fetch(`${app.address()}/ibm/api/batch/jobinstances/${instanceId}?action=stop`, { method: 'PUT' })
  await endedJob(app.operator, instanceId)
  await fetch(`${app.address()}/ibm/api/batch/jobinstances/${instanceId}`, { method: 'DELETE' })
  const seen = await upTo(messages, 'batch/jobs/instance/purged')
  t.same(
    seen.map(({ event }) => event.split('/').at(-1)),
    ['submitted', 'dispatched', 'stopping', 'stopped', 'purged']
  )
})

t.test('every kind the repository tells is a topic of the vocabulary', async t => {
  const kinds = await rows<{ kind: string }>(app.database.db, 'select distinct kind from event')
  t.same(
    kinds.map(({ kind }) => kind).filter(kind => !(EVENT_TOPICS as readonly string[]).includes(kind)),
    []
  )
})

/** A watcher has its position before he says in the repository that he listens. */
async function whenListening(): Promise<void> {
  await until('somebody listens', async () => {
    const [demand] = await rows<{ wanted: boolean }>(
      app.database.db,
      'select wanted_until > clock_timestamp() as wanted from event_demand'
    )
    return demand!.wanted
  })
}
