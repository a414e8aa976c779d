// What a job instance waits for where there are several servers, or one is gone, and how it is explained.
import t from 'tap'
import { rows } from '../../../src/store/database.ts'
import { batchClient } from '../../support/batch-client.ts'
import { buildApp } from '../../support/build-app.ts'
import { serverPlace, startServer } from '../../support/server-process.ts'
import { until } from '../../support/until.ts'
import { jobsOf } from './explained-jobs.ts'

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
  await buildApp(t, {
    BATCH_DATABASE_URL: first.database.url,
    BATCH_SERVER_ID: 'bound',
    BATCH_EXECUTOR_OPERATION_GROUPS: 'finance'
  })
  t.match((await explain(id)).waitingFor, [
    { code: 'APPLICATION_ABSENT', text: /for its operation groups \(.*bound are bound to others\)/ }
  ])
  await stop(id)
})

t.test('CAP_REACHED of a server alone: which one, and who holds it', async t => {
  const first = await buildApp(t, {
    BATCH_SERVER_ID: 'capped',
    BATCH_THREADS: '4',
    BATCH_SERVER_CAPS: '{"job:sleeper":1,"application:SimpleBatchJob":3}'
  })
  const { sleeper, runs, stop, explain } = jobsOf(first)
  const holder = await sleeper()
  await runs(holder)
  const waiting = [await sleeper(), await sleeper()]
  for (const [at, id] of waiting.entries())
    t.match(await explain(id), {
      state: 'SUBMITTED',
      waitingFor: [
        {
          code: 'CAP_REACHED',
          text: new RegExp(
            `The cap job:sleeper of server .*capped lets 1 run there at one time, and job instance ${holder} does\\.`
          ),
          about: { serverId: /capped$/, key: 'job:sleeper', limit: 1, running: 1, instanceId: holder }
        }
      ],
      place: at + 1
    })
  t.equal((await explain(waiting[0]!)).waitingFor.length, 1, 'not for a free thread: there are three')

  // Another server takes the first of them with its only thread: the other waits for both.
  const second = await buildApp(t, {
    BATCH_DATABASE_URL: first.database.url,
    BATCH_SERVER_ID: 'open',
    BATCH_THREADS: '1'
  })
  await jobsOf(second).runs(waiting[0]!)
  t.match((await explain(waiting[1]!)).waitingFor, [
    { code: 'CAP_REACHED', about: { serverId: /capped$/ } },
    {
      code: 'NO_FREE_THREAD',
      text: new RegExp(
        `It waits for a free thread of server .*open; at work there: job instance ${waiting[0]}\\.`
      )
    }
  ])
  await stop(holder)
  await runs(waiting[1]!)
  await stop(waiting[1]!)
  await jobsOf(second).stop(waiting[0]!)
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
