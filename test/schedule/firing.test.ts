// What the clock does with schedules, on a whole server whose clock runs: fires, skips, queues, makes up.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { until } from '../support/until.ts'
import { clockedServer, type DecisionJson, EVERY_SECOND } from './clocked-server.ts'
import { quickDefinition } from '../http/schedules/scheduling-client.ts'

const server = await clockedServer(t)
const { app, client, activated, decisions, some, stopAll } = server
const { get, post } = client

/** As if no server had been there since. */
const asIfSince = async (name: string, seconds: number) =>
  await rows(
    app.database.db,
    `update batchyard.schedule set next_fire_time = date_trunc('second', clock_timestamp()) - :seconds * interval '1 second' where name = :name`,
    { name, seconds }
  )

t.test(
  'R000-1 R000-5 R000-14 R004-30 an Active schedule fires at its times, as job instances that the Liberty API shows',
  async t => {
    await activated('seconds', { definition: 'quick', when: EVERY_SECOND, overlap: 'allow' })
    const fired = await some('seconds', { decision: 'fired' }, 2)
    await post('/schedules/seconds/deactivate')
    t.equal(new Set(fired.map(each => each.nominalTime)).size, fired.length)
    const [{ instanceId, nominalTime }] = fired as [DecisionJson]
    const run = await client.ended(instanceId!)
    t.match(run, {
      schedule: 'seconds',
      trigger: 'schedule',
      nominalTime,
      definition: 'quick',
      batchStatus: 'COMPLETED',
      submitter: 'NOTSET'
    })
    t.match((await get(`/audit?what=instance.submit&target=instance:${instanceId}`)).json.items, [
      { after: { definition: 'quick', version: 1, trigger: 'schedule', schedule: 'seconds' } }
    ])
    const shown = await app.http.inject(`/ibm/api/batch/jobinstances/${instanceId}`)
    t.match(shown.json(), { instanceId, submitter: 'NOTSET', instanceState: 'COMPLETED' })
    t.match((await get('/schedules/seconds')).json.lastRun, { text: { fr: /^FINISH - Deb/ } })
    const count = (await decisions('seconds')).length
    await app.tick()
    t.equal((await decisions('seconds')).length, count, 'R000-23 an InActive schedule fires nothing')
  }
)

t.test(
  'R004-34 without overlap a time that comes while a run is in progress is skipped, and said to be',
  async t => {
    await activated('alone', { definition: 'sleepy', when: EVERY_SECOND })
    const [skipped] = await some('alone', { decision: 'skipped', reason: 'overlap' }, 1)
    t.equal(skipped!.instanceId, null)
    t.equal((await decisions('alone')).filter(each => each.decision === 'fired').length, 1)
    await post('/schedules/alone/deactivate')
    const [{ instanceId }] = (await get('/schedules/alone/history')).json.items
    t.match(
      (await get(`/runs/${instanceId}`)).json,
      { endTime: null },
      'R000-23 deactivating leaves a run in progress alone'
    )
    await stopAll()
  }
)

t.test(
  'R004-35 a queued firing begins when the run before it has ended, and is inactive after a deactivation',
  async t => {
    await activated('queue', { definition: 'sleepy', when: EVERY_SECOND, overlap: 'queue' })
    const queued = await some('queue', { decision: 'queued', reason: 'overlap' }, 2)
    await stopAll()
    const fired = await some('queue', { decision: 'fired' }, 2)
    t.equal(fired[0]!.nominalTime, queued.at(-1)!.nominalTime, 'the oldest, under its own nominal time')
    await post('/schedules/queue/deactivate')
    t.ok((await decisions('queue')).some(each => each.decision === 'skipped' && each.reason === 'inactive'))
    t.notOk((await decisions('queue')).some(each => each.decision === 'queued'))
    await stopAll()
  }
)

t.test(
  'R004-43 R004-44 of what was missed nothing, the last one, or the last few are made up for',
  async t => {
    const cases = [
      { missed: 'skip', fired: 0 },
      { missed: 'once', fired: 1 },
      { missed: 'all', missedLimit: 3, fired: 3 }
    ]
    for (const { fired, ...policy } of cases) {
      const name = `missed-${policy.missed}`
      await activated(name, {
        definition: 'quick',
        when: { cron: '*/10 * * * * *' },
        overlap: 'allow',
        ...policy
      })
      await asIfSince(name, 60)
      const all = await until('the absence is decided on', async () => {
        const found = (await decisions(name)).filter(
          each => Date.parse(each.nominalTime) < Date.now() - 10_000
        )
        return found.length >= 4 && found.filter(each => each.decision === 'fired').length >= fired
          ? found
          : null
      })
      await post(`/schedules/${name}/deactivate`)
      const last = all.slice(0, fired)
      t.ok(
        last.every(each => each.decision === 'fired' && each.reason === null && each.instanceId !== null),
        policy.missed
      )
      t.ok(
        all.slice(fired).every(each => each.decision === 'skipped' && each.reason === 'missed'),
        policy.missed
      )
      for (const { instanceId, nominalTime } of last)
        t.match(await client.ended(instanceId!), { nominalTime })
    }
  }
)

t.test('a time that has been decided on does not fire again, though it comes again', async t => {
  await activated('again', { definition: 'quick', when: { cron: '*/5 * * * * *' }, overlap: 'allow' })
  const [fired] = await some('again', { decision: 'fired' }, 1)
  await rows(
    app.database.db,
    `update batchyard.schedule set next_fire_time = :time::timestamptz where name = 'again'`,
    { time: fired!.nominalTime }
  )
  await some('again', { decision: 'fired' }, 2)
  await post('/schedules/again/deactivate')
  const runs = (await get('/schedules/again/history')).json.items as { nominalTime: string }[]
  t.equal(new Set(runs.map(({ nominalTime }) => nominalTime)).size, runs.length)
})

t.test(
  'R004-42 every so many minutes is counted from the end of the last run, and first fires at once',
  async t => {
    const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
    await activated('minutes', { definition: 'sleepy', when: { rule: { weekdays, everyMinutes: 5 } } })
    const [{ instanceId }] = (await some('minutes', { decision: 'fired' }, 1)) as [DecisionJson]
    t.match((await get('/schedules/minutes')).json, {
      nextFireTime: null,
      programming: { fr: 'Tous les jours toutes les 5min' }
    })
    await stopAll()
    const { endTime } = await client.ended(instanceId!)
    const next = await until(
      'the next time follows from the end',
      async () => (await get('/schedules/minutes')).json.nextFireTime as string | null
    )
    t.equal(Date.parse(next) - Date.parse(endTime), 300_000)
    const [first] = (await get('/schedules/minutes/next?count=1')).json.items
    t.equal(Date.parse(first.time), Date.parse(next))
    const byHand = (await post('/schedules/minutes/run')).json
    t.equal((await get('/schedules/minutes')).json.nextFireTime, null, 'a run by hand counts as the last run')
    await stopAll()
    const ended = await client.ended(byHand.instanceId)
    const after = await until(
      'it follows from the end of that',
      async () => (await get('/schedules/minutes')).json.nextFireTime as string | null
    )
    t.equal(Date.parse(after) - Date.parse(ended.endTime), 300_000)
    await post('/schedules/minutes/deactivate')
  }
)

t.test('a firing that is refused says why, and the schedule goes on', async t => {
  await activated('refused', { definition: 'quick', when: EVERY_SECOND, overlap: 'allow' })
  await post('/schedules/refused/deactivate')
  const spec = { parameters: { day: { required: true } }, jobXMLName: 'test_twoSteps' }
  await quickDefinition(client, 'changing')
  await activated('changing', { definition: 'changing', when: EVERY_SECOND, overlap: 'allow' })
  await post('/definitions/changing/versions', spec)
  const [refused] = await some('changing', { decision: 'skipped', reason: 'refused' }, 1)
  t.match(refused, { message: /parameters\.day/, instanceId: null })
  await post('/definitions/changing/versions', { jobXMLName: 'test_twoSteps', parameters: {} })
  await some('changing', { decision: 'fired' }, 1)
  await post('/schedules/changing/deactivate')
})
