// Each reason for which a job instance waits, brought about for real, and how it is explained.
import path from 'node:path'
import t, { type Test } from 'tap'
import { rows } from '../../../src/store/database.ts'
import { buildApp, type TestApp } from '../../support/build-app.ts'
import { batchClient } from '../../support/batch-client.ts'
import { clientOf, sleepyDefinition } from '../schedules/scheduling-client.ts'
import { serverPlace, startServer } from '../../support/server-process.ts'
import { until } from '../../support/until.ts'
import { as, writeUsersFile } from '../../support/users.ts'

const BATCH = '/ibm/api/batch/jobinstances'

function jobsOf({ http }: TestApp, headers: Readonly<Record<string, string>> = {}) {
  const ask = async (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) => {
    const answer = await http.inject({ method, url, headers, ...(payload ? { payload } : {}) })
    return { status: answer.statusCode, json: answer.json() }
  }
  return {
    ask,
    explain: async (id: number) => (await ask('GET', `/api/v1/explain/instances/${id}`)).json,
    /** Sleeps until it is stopped. */
    async sleeper(
      properties: Readonly<Record<string, string>> = {},
      jobParameters: Readonly<Record<string, string>> = {}
    ) {
      const all = Object.entries(properties).map(
        ([name, value]) => `<property name="${name}" value="${value}"/>`
      )
      const jobXML = `<job id="sleeper" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"><properties>${all.join('')}</properties>
        <step id="s"><batchlet ref="sleepyBatchlet"><properties><property name="sleep.time.seconds" value="300"/></properties></batchlet></step></job>`
      const { status, json } = await ask('POST', BATCH, {
        applicationName: 'SimpleBatchJob',
        jobXML,
        jobParameters
      })
      if (status !== 201) throw new Error(JSON.stringify(json))
      return json.instanceId as number
    },
    async runs(id: number) {
      await until(
        `${id} runs`,
        async () => (await ask('GET', `${BATCH}/${id}`)).json.batchStatus === 'STARTED'
      )
    },
    stop: async (id: number) => await ask('PUT', `${BATCH}/${id}?action=stop`)
  }
}

t.test('on a server with one thread', async t => {
  const app = await buildApp(t, { BATCH_THREADS: '1' })
  const { explain, sleeper, runs, stop, ask } = jobsOf(app)
  const busy = await sleeper()
  await runs(busy)

  t.test('NOT_WAITING: what runs, and what has ended', async t => {
    t.match(await explain(busy), {
      state: 'DISPATCHED',
      waitingFor: [
        { code: 'NOT_WAITING', text: /^It runs on server .+\.$/, since: /T.*\.\d{3}Z$/, until: null }
      ],
      place: null
    })
    const stopped = await sleeper()
    await stop(stopped)
    t.match(await explain(stopped), {
      state: 'STOPPED',
      waitingFor: [{ code: 'NOT_WAITING', text: 'It has ended: STOPPED.' }]
    })
  })

  t.test('NO_FREE_THREAD and HIGHER_PRIORITY: the place in the queue, and who is before it', async t => {
    const first = await sleeper()
    const second = await sleeper()
    t.match(await explain(first), {
      state: 'SUBMITTED',
      waitingFor: [
        {
          code: 'NO_FREE_THREAD',
          text: new RegExp(`free thread of server .+; at work there: job instance ${busy}\\.$`),
          about: { busy: 1, instanceId: busy }
        }
      ],
      place: 1
    })
    t.equal((await explain(first)).waitingFor.length, 1)
    t.equal((await explain(second)).place, 2)
    const urgent = await sleeper({}, { com_ibm_ws_batch_message_priority: '9' })
    t.match(await explain(urgent), { waitingFor: [{ code: 'NO_FREE_THREAD' }], place: 1 })
    const explained = await explain(second)
    t.match(explained, {
      waitingFor: [
        { code: 'NO_FREE_THREAD' },
        {
          code: 'HIGHER_PRIORITY',
          text: `Of a higher priority than its 4: job instance ${urgent} (9).`,
          about: { instanceId: urgent, priority: 9 }
        }
      ],
      place: 3
    })
    for (const id of [first, second, urgent]) await stop(id)
  })

  t.test('DELIVERY_DELAY: until when', async t => {
    const id = await sleeper({}, { com_ibm_ws_batch_message_deliveryDelay: '3600000' })
    const [reason] = (await explain(id)).waitingFor
    t.match(reason, { code: 'DELIVERY_DELAY', text: `Its delivery delay is over at ${reason.until}.` })
    t.equal(Math.round((Date.parse(reason.until) - Date.parse(reason.since)) / 60_000), 60)
    await stop(id)
  })

  t.test('PAUSED: until somebody ends the pause', async t => {
    const id = await sleeper()
    const [execution] = (await ask('GET', `${BATCH}/${id}/jobexecutions`)).json
    await app.operator.pauseExecution(execution.executionId, { user: 'x', roles: ['batchAdmin'], groups: [] })
    t.match(await explain(id), { waitingFor: [{ code: 'PAUSED', since: String }], place: null })
    await stop(id)
  })

  t.test('unknown ids, and what is none', async t => {
    t.match(await ask('GET', '/api/v1/explain/instances/999999'), {
      status: 404,
      json: { code: 'NoSuchJobInstance' }
    })
    t.equal((await ask('GET', '/api/v1/explain/instances/abc')).status, 400)
    t.equal((await ask('GET', '/api/v1/explain/instances/1?x=1')).status, 400)
  })
  await stop(busy)
})

t.test('of a run of a definition whose runs are known, until is when it should end', async t => {
  const app = await buildApp(t)
  const client = clientOf(app)
  await sleepyDefinition(client, 'short', 2)
  const first = (await client.post('/definitions/short/run')).json.instanceId
  await client.ended(first)
  const { instanceId } = (await client.post('/definitions/short/run')).json
  const { explain, runs } = jobsOf(app)
  await runs(instanceId)
  const [reason] = (await explain(instanceId)).waitingFor
  t.match(reason, { code: 'NOT_WAITING', until: /Z$/, text: `and should end at ${reason.until}.` })
  t.ok(Date.parse(reason.until) - Date.parse(reason.since) >= 2000)
})

t.test('CAP_REACHED: the key, its limit, who holds it, and the place', async t => {
  const { explain, sleeper, runs, stop } = jobsOf(await buildApp(t, { BATCH_CAPS: '{"submitter:NOTSET":3}' }))
  const properties = { 'batchyard.capKey': 'export', 'batchyard.capLimit': '2' }
  const holders = [await sleeper(properties), await sleeper(properties)]
  for (const id of holders) await runs(id)
  const third = await sleeper(properties)
  const fourth = await sleeper(properties)
  t.match(await explain(third), {
    state: 'SUBMITTED',
    waitingFor: [
      {
        code: 'CAP_REACHED',
        text: `The cap key:export lets 2 run at one time, and job instances ${holders.join(' and ')} do.`,
        about: { key: 'key:export', limit: 2, running: 2, instanceId: holders[0] }
      }
    ],
    place: 1
  })
  t.match(await explain(fourth), { waitingFor: [{ code: 'CAP_REACHED' }], place: 2 })
  const other = await sleeper()
  await runs(other)
  const both = await explain(third)
  t.same(
    both.waitingFor.map(({ about }: { about: { key: string } }) => about.key),
    ['key:export', 'submitter:NOTSET'],
    'every cap that is full'
  )
  for (const id of [fourth, third, other, ...holders]) await stop(id)
})

t.test('STOPPING: who asked, and that its code is waited for', async t => {
  const app = await buildApp(t, {
    BATCH_APPS_DIR: path.resolve(import.meta.dirname, '../../support/applications')
  })
  const { explain, ask, runs, stop } = jobsOf(app)
  const jobXML = `<job id="deaf" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"><step id="s"><batchlet ref="deaf"/></step></job>`
  const { json } = await ask('POST', BATCH, { applicationName: 'stubborn', jobXML, jobParameters: {} })
  await runs(json.instanceId)
  await stop(json.instanceId)
  t.match(await explain(json.instanceId), {
    state: 'DISPATCHED',
    waitingFor: [
      {
        code: 'STOPPING',
        text: /^It stops \(a stop was asked for by NOTSET\)/,
        since: String,
        about: { stopRequestedBy: 'NOTSET' }
      }
    ]
  })
})

t.test('APPLICATION_ABSENT: no server that lives runs it', async t => {
  const first = await buildApp(t)
  const id = await jobsOf(first).sleeper({}, { com_ibm_ws_batch_message_deliveryDelay: '3600000' })
  await first.stop()
  const apps = t.testdir({ Other: { 'artifacts.js': 'export const a = () => {}', 'batch-jobs': {} } })
  const second = await buildApp(t, {
    BATCH_DATABASE_URL: first.database.url,
    BATCH_APPS_DIR: apps,
    BATCH_SERVER_ID: 'second'
  })
  const { explain, stop } = jobsOf(second)
  await rows(first.database.db, 'update unit set ready_time = clock_timestamp()')
  await second.tick()
  const explained = await explain(id)
  t.match(explained, {
    state: 'SUBMITTED',
    waitingFor: [
      {
        code: 'APPLICATION_ABSENT',
        text: /runs application SimpleBatchJob; alive: .*second\.$/,
        about: { application: 'SimpleBatchJob' }
      }
    ],
    place: 1
  })
  await stop(id)
})

t.test('LEASE_EXPIRED: the server that is gone, of a job and of nothing else', async t => {
  const place = await serverPlace(t)
  const killed = await startServer(t, place, { BATCH_LEASE_SECONDS: '5', BATCH_SERVER_ID: 'killed' })
  const client = batchClient(killed)
  const id = await client.submit('SimpleBatchJob', 'test_sleepyBatchlet', { 'sleep.time.seconds': '300' })
  await client.when(id, 'STARTED')
  // Its own lease is so long that it does not judge others yet.
  const watching = await startServer(t, place, { BATCH_LEASE_SECONDS: '600', BATCH_SERVER_ID: 'watching' })
  const explain = async () =>
    (await (await fetch(`${watching.url}/api/v1/explain/instances/${id}`)).json()) as ReturnType<
      typeof JSON.parse
    >
  t.match(await explain(), { waitingFor: [{ code: 'NOT_WAITING' }] })
  killed.kill('SIGKILL')
  const explained = await until('its lease has run out', async () => {
    const found = await explain()
    return found.waitingFor[0].code === 'NOT_WAITING' ? null : found
  })
  t.match(explained, {
    state: 'DISPATCHED',
    waitingFor: [
      {
        code: 'LEASE_EXPIRED',
        text: /^Server .*killed, which had it at work,/,
        since: String,
        about: { units: 1 }
      }
    ]
  })
  t.equal(explained.waitingFor.length, 1)
})

t.test('whoever may see a job may have it explained', async (t: Test) => {
  const app = await buildApp(t, { BATCH_USERS_FILE: await writeUsersFile(t.testdir()) })
  const bob = jobsOf(app, as('bob'))
  const id = await bob.sleeper()
  for (const [user, status] of [
    ['bob', 200],
    ['mona', 200],
    ['admin', 200],
    ['alice', 401],
    ['nobody', 401]
  ] as const)
    t.equal((await jobsOf(app, as(user)).ask('GET', `/api/v1/explain/instances/${id}`)).status, status, user)
  await bob.stop(id)
})
