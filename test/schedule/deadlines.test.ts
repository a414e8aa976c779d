// Deadlines of runs, and what their history tells of their duration, on a whole server.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { until } from '../support/until.ts'
import { clockedServer, EVERY_SECOND } from './clocked-server.ts'

const { app, client, activated, some, stopAll } = await clockedServer(t)
const { get, post, put, ask } = client
const { db } = app.database

interface Told {
  readonly kind: string
  readonly instanceId: number | null
  readonly body: Record<string, unknown>
}

const told = async (where: string): Promise<Told[]> =>
  await rows<Told>(
    db,
    `select kind, instance_id as "instanceId", body from event where kind like 'deadlines/%' and ${where} order by event_id`
  )

const JSL = (id: string, inside: string) =>
  `<job id="${id}" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">${inside}</job>`
const SLEEPY = (seconds: string) => `<step id="s"><batchlet ref="sleepyBatchlet"><properties>
  <property name="sleep.time.seconds" value="${seconds}"/></properties></batchlet></step>`

t.test('a run that does not end in time is told of once, and says so', async t => {
  const deadlines = { startWithinSeconds: 3000, endWithinSeconds: 1 }
  const refused = await post('/definitions', {
    name: 'late',
    application: 'SimpleBatchJob',
    jsl: JSL('late', SLEEPY('300')),
    deadlines
  })
  t.match(refused.json, { status: 400, errors: [{ path: 'deadlines.endWithinSeconds' }] })
  const made = await post('/definitions', {
    name: 'late',
    application: 'SimpleBatchJob',
    jsl: JSL('late', SLEEPY('300')),
    deadlines: { endWithinSeconds: 1 }
  })
  t.match(made.json, { deadlines: { startWithinSeconds: null, endWithinSeconds: 1 } })
  const { instanceId, createTime } = (await post('/definitions/late/run')).json
  const [event] = await until('it is told', async () => {
    const events = await told(`instance_id = ${instanceId}`)
    return events.length > 0 ? events : null
  })
  t.match(event, {
    kind: 'deadlines/end_missed',
    body: { definition: 'late', schedule: null, nominal_time: null, batch_status: 'STARTED' }
  })
  const run = (await get(`/runs/${instanceId}`)).json
  t.match(run.deadlines, { startBy: null, startMissed: false, endMissed: true })
  t.equal(Date.parse(run.deadlines.endBy), Date.parse(createTime) + 1000)
  t.match((await get('/definitions/late/history')).json.items, [{ deadlines: { endMissed: true } }])
  await app.tick()
  await app.tick()
  t.equal((await told(`instance_id = ${instanceId}`)).length, 1)
  await stopAll()
})

t.test('one that is in time is not told of', async t => {
  const { instanceId } = (
    await post('/schedules', {
      name: 'punctual',
      definition: 'quick',
      when: { cron: '0 0 1 1 *' },
      deadlines: { startWithinSeconds: 3600, endWithinSeconds: 3600 }
    }).then(async () => await post('/schedules/punctual/run'))
  ).json
  await client.ended(instanceId)
  t.match((await get(`/runs/${instanceId}`)).json.deadlines, { startMissed: false, endMissed: false })
  await rows(db, `update deadline set due = clock_timestamp() where instance_id = :instanceId`, {
    instanceId
  })
  await until('they are judged', async () => {
    const judged = await rows(
      db,
      'select from deadline where instance_id = :instanceId and judged_at is not null',
      {
        instanceId
      }
    )
    return judged.length === 2
  })
  t.same(await told(`instance_id = ${instanceId}`), [])
})

t.test('one that waits for its turn has not started in time', async t => {
  const capped = `<properties><property name="batchyard.capKey" value="one"/><property name="batchyard.capLimit" value="1"/></properties>`
  await post('/definitions', {
    name: 'capped',
    application: 'SimpleBatchJob',
    jsl: JSL('capped', capped + SLEEPY('300')),
    deadlines: { startWithinSeconds: 1 }
  })
  const first = (await post('/definitions/capped/run')).json.instanceId
  await until('it runs', async () => (await get(`/runs/${first}`)).json.startTime)
  const second = (await post('/definitions/capped/run')).json.instanceId
  await until('it is told', async () => (await told(`instance_id = ${second}`)).length > 0)
  t.match(await told(`instance_id = ${second}`), [
    { kind: 'deadlines/start_missed', body: { batch_status: 'STARTING' } }
  ])
  t.match((await get(`/runs/${second}`)).json, { startTime: null, deadlines: { startMissed: true } })
  await stopAll()
})

t.test('a nominal time that gets no run is late too, also when it is made up for afterwards', async t => {
  await activated('held-up', {
    definition: 'sleepy',
    when: EVERY_SECOND,
    overlap: 'skip',
    deadlines: { startWithinSeconds: 1 }
  })
  const [skipped] = await some('held-up', { decision: 'skipped', reason: 'overlap' }, 1)
  const at = skipped!.nominalTime
  const events = await until('it is told', async () => {
    const found = await told(
      `body->>'schedule' = 'held-up' and (body->>'nominal_time')::timestamptz = '${at}'`
    )
    return found.length > 0 ? found : null
  })
  t.match(events, [
    { kind: 'deadlines/start_missed', instanceId: null, body: { definition: 'sleepy', batch_status: null } }
  ])

  const shown = new AbortController()
  const reply = await fetch(`${app.address()}/api/v1/events?topic=deadlines/*`, {
    headers: { 'last-event-id': '0-0' },
    signal: shown.signal
  })
  let text = ''
  for await (const piece of reply.body!.pipeThrough(new TextDecoderStream())) {
    text += piece
    if (text.includes(`"nominalTime":"${at}"`)) break
  }
  shown.abort()
  t.match(text, /event: batch\/deadlines\/start_missed\ndata: \{.*"schedule":"held-up".*"instanceId":null/)

  await post('/schedules/held-up/deactivate')
  await stopAll()
  const open = await rows(
    db,
    `select from deadline where schedule = 'held-up' and instance_id is null and judged_at is null`
  )
  t.same(open, [], 'what is not to be fired any more is not late')

  // As after a time without any server.
  await activated('absent', {
    definition: 'quick',
    when: { cron: '0 0 1 1 *' },
    missed: 'once',
    deadlines: { startWithinSeconds: 60 }
  })
  await rows(
    db,
    `update schedule set next_fire_time = date_trunc('second', clock_timestamp()) - interval '1 hour' where name = 'absent'`
  )
  const run = await until(
    'it is made up for',
    async () => (await get('/schedules/absent/history')).json.items[0]
  )
  t.match(run, { deadlines: { startBy: /Z$/ } })
  await until('it is told', async () => (await told(`body->>'schedule' = 'absent'`)).length > 0)
  await app.tick()
  t.match(await told(`body->>'schedule' = 'absent'`), [
    { kind: 'deadlines/start_missed', instanceId: run.instanceId }
  ])
  await post('/schedules/absent/deactivate')
})

t.test('two servers tell of each deadline once', async t => {
  const other = await buildApp(t, { BATCH_DATABASE_URL: app.database.url })
  await rows(
    db,
    `insert into deadline (kind, due, definition, schedule_id, schedule, nominal_time)
    select 'start', clock_timestamp() - interval '1 minute', 'quick', -1, 'many', clock_timestamp() - n * interval '1 hour'
    from generate_series(1, 1000) n`
  )
  await until('all are judged', async () => {
    await Promise.all([app.tick(), other.tick()])
    const [open] = await rows<{ open: number }>(
      db,
      `select count(*)::int as open from deadline where schedule = 'many' and judged_at is null`
    )
    return open!.open === 0
  })
  const [events] = await rows<{ events: number; times: number }>(
    db,
    `select count(*)::int as events, count(distinct body->>'nominal_time')::int as times from event where body->>'schedule' = 'many'`
  )
  t.same(events, { events: 1000, times: 1000 })
})

t.test('deadlines are edited as the other settings are, and outweigh those of the definition', async t => {
  await post('/definitions', {
    name: 'both',
    application: 'SimpleBatchJob',
    jsl: JSL('both', '<step id="s"><batchlet ref="simpleBatchlet"/></step>'),
    deadlines: { startWithinSeconds: 100, endWithinSeconds: 200 }
  })
  t.match(
    (
      await post('/definitions/both/versions', {
        jsl: JSL('both', '<step id="s2"><batchlet ref="simpleBatchlet"/></step>')
      })
    ).json,
    { version: 2, deadlines: { startWithinSeconds: 100, endWithinSeconds: 200 } },
    'a new version has those of the one before'
  )
  const when = { cron: '0 0 1 1 *' }
  t.match((await post('/schedules', { name: 'edited', definition: 'both', when })).json, { deadlines: null })
  const edited = await put('/schedules/edited', { when, deadlines: { endWithinSeconds: 300 } })
  t.match(edited.json, { deadlines: { startWithinSeconds: null, endWithinSeconds: 300 } })
  const body = { when, deadlines: { startWithinSeconds: 5 } }
  t.equal((await ask('PUT', '/schedules/edited', { body })).status, 428)
  t.equal((await ask('PUT', '/schedules/edited', { body, headers: { 'if-match': '"0"' } })).status, 412)
  for (const deadlines of [
    { endWithinSeconds: 0 },
    { startWithinSeconds: 1.5 },
    { startWithinSeconds: 10, endWithinSeconds: 5 },
    { until: 5 },
    5
  ])
    t.equal((await put('/schedules/edited', { when, deadlines })).status, 400, JSON.stringify(deadlines))
  const { instanceId, createTime } = (await post('/schedules/edited/run')).json
  const { deadlines } = (await get(`/runs/${instanceId}`)).json
  t.equal(Date.parse(deadlines.startBy) - Date.parse(createTime), 100_000, 'the definition’s')
  t.equal(Date.parse(deadlines.endBy) - Date.parse(createTime), 300_000, 'the schedule’s')
  await post('/schedules/edited/activate')
  t.match((await put('/schedules/edited', { when, deadlines: null })).json, {
    status: 409,
    code: 'ScheduleActive'
  })
  t.match((await get('/audit?what=schedule.update&target=schedule:edited')).json.items, [
    { before: { deadlines: null }, after: { deadlines: { endWithinSeconds: 300 } } }
  ])
})
