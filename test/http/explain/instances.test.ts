// Each reason for which a job instance waits, brought about for real, and how it is explained.
import path from 'node:path'
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { clientOf, sleepyDefinition } from '../schedules/scheduling-client.ts'
import { as, writeUsersFile } from '../../support/users.ts'
import { INSTANCES, jobsOf } from './explained-jobs.ts'

t.test('on a server with one thread', async t => {
  const app = await buildApp(t, { BATCH_THREADS: '1' })
  const { explain, sleeper, runs, stop, ask } = jobsOf(app)
  const busy = await sleeper()
  await runs(busy)

  await t.test('NOT_WAITING: what runs, and what has ended', async t => {
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

  await t.test(
    'NO_FREE_THREAD and HIGHER_PRIORITY: the place in the queue, and who is before it',
    async t => {
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
    }
  )

  await t.test('DELIVERY_DELAY: until when', async t => {
    const id = await sleeper({}, { com_ibm_ws_batch_message_deliveryDelay: '3600000' })
    const [reason] = (await explain(id)).waitingFor
    t.match(reason, { code: 'DELIVERY_DELAY', text: `Its delivery delay is over at ${reason.until}.` })
    t.equal(Math.round((Date.parse(reason.until) - Date.parse(reason.since)) / 60_000), 60)
    await stop(id)
  })

  await t.test('PAUSED: until somebody ends the pause', async t => {
    const id = await sleeper()
    const [execution] = (await ask('GET', `${INSTANCES}/${id}/jobexecutions`)).json
    await app.operator.pauseExecution(execution.executionId, { user: 'x', roles: ['batchAdmin'], groups: [] })
    t.match(await explain(id), { waitingFor: [{ code: 'PAUSED', since: String }], place: null })
    await stop(id)
  })

  await t.test('unknown ids, and what is none', async t => {
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
  const { json } = await ask('POST', INSTANCES, { applicationName: 'stubborn', jobXML, jobParameters: {} })
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

t.test('whoever may see a job may have it explained', async t => {
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
