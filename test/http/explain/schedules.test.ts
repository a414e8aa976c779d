// Each reason for which a schedule starts nothing now, brought about for real, and how it is explained.
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { until } from '../../support/until.ts'
import { clockedServer, EVERY_SECOND } from '../../schedule/clocked-server.ts'
import { clientOf, quickDefinition } from '../schedules/scheduling-client.ts'

const { client, activated, stopAll, app } = await clockedServer(t)
const { get, post, ask } = client
const YEARLY = { cron: '0 0 1 1 *' }

const explain = async (name: string) => (await get(`/explain/schedules/${name}`)).json
const codes = async (name: string) =>
  (await explain(name)).waitingFor.map(({ code }: { code: string }) => code)

t.test('INACTIVE until it is activated, then NEXT_TIME with its time', async t => {
  await post('/schedules', { name: 'yearly', definition: 'quick', when: YEARLY, timeZone: 'UTC' })
  t.match(await explain('yearly'), {
    state: 'InActive',
    waitingFor: [{ code: 'INACTIVE', text: /yearly is InActive/, since: String, until: null }],
    place: null
  })
  await post('/schedules/yearly/activate')
  const { nextFireTime } = (await get('/schedules/yearly')).json
  t.match(await explain('yearly'), {
    state: 'Active',
    waitingFor: [{ code: 'NEXT_TIME', until: nextFireTime }]
  })
})

t.test('NEVER_FIRES: a rule without days, and one whose last time is over', async t => {
  await post('/schedules', {
    name: 'dayless',
    definition: 'quick',
    when: { rule: { weekdays: [], at: '22:55' } }
  })
  t.same(await codes('dayless'), ['INACTIVE', 'NEVER_FIRES'])
  await post('/schedules/dayless/activate')
  t.match(await explain('dayless'), {
    waitingFor: [{ code: 'NEVER_FIRES', text: /never fires by itself: no day/ }]
  })
  await activated('short', {
    definition: 'quick',
    when: EVERY_SECOND,
    end: new Date(Date.now() + 8000).toISOString()
  })
  const over = await until('it is over', async () => {
    const found = await explain('short')
    return found.waitingFor.some(({ code }: { code: string }) => code === 'NEVER_FIRES') ? found : null
  })
  t.match(
    over.waitingFor.find(({ code }: { code: string }) => code === 'NEVER_FIRES').text,
    /its last time is over/
  )
})

t.test('OVERLAP: the run that has not ended, and what becomes of what is due meanwhile', async t => {
  const first: Record<string, number> = {}
  for (const overlap of ['skip', 'queue', 'allow']) {
    await activated(overlap, { definition: 'sleepy', when: YEARLY, overlap })
    first[overlap] = (await post(`/schedules/${overlap}/run`)).json.instanceId
  }
  t.match(await explain('skip'), {
    waitingFor: [
      {
        code: 'OVERLAP',
        text: `Job instance ${first['skip']} of this schedule has not ended: what is due before it ends is skipped.`,
        about: { instanceId: first['skip'] }
      },
      { code: 'NEXT_TIME' }
    ]
  })
  t.match((await explain('queue')).waitingFor[0], { code: 'OVERLAP', text: /is queued \(0 so far\)/ })
  t.same(await codes('allow'), ['NEXT_TIME'])
  await activated('counted', {
    definition: 'sleepy',
    when: {
      rule: { weekdays: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], at: '00:00', everyMinutes: 5 }
    }
  })
  await post('/schedules/counted/run')
  const counted = await until('its next time is open', async () => {
    const found = await explain('counted')
    return found.waitingFor.length === 1 && found.waitingFor[0].code === 'OVERLAP' ? found : null
  })
  t.match(counted.waitingFor[0].text, /counted from its end/)
  await stopAll()
})

t.test('MAINTENANCE: since when and why; system schedules run', async t => {
  const { headers } = await get('/maintenance')
  const turn = async (on: boolean, etag: unknown) =>
    await ask('PUT', '/maintenance', {
      body: { on, reason: 'new disks' },
      headers: { 'if-match': String(etag) }
    })
  const turned = await turn(true, headers['etag'])
  t.match((await explain('yearly')).waitingFor[0], {
    code: 'MAINTENANCE',
    text: /new disks/,
    since: turned.json.since
  })
  t.same(await codes('BATCH_NETTOYAGE'), ['NEXT_TIME'])
  await turn(false, turned.headers['etag'])
  t.same(await codes('yearly'), ['NEXT_TIME'])
})

t.test('unknown schedules', async t => {
  for (const name of ['none', '%00', "x'%20or%20'1", '..%2Fx'])
    t.ok([400, 404].includes((await get(`/explain/schedules/${name}`)).status), name)
})

t.test('APPLICATION_ABSENT: nobody who lives runs its definition', async t => {
  await app.stop()
  const apps = t.testdir({ Other: { 'artifacts.js': 'export const a = () => {}', 'batch-jobs': {} } })
  const other = await buildApp(t, {
    BATCH_DATABASE_URL: app.database.url,
    BATCH_APPS_DIR: apps,
    BATCH_SERVER_ID: 'other'
  })
  const found = (await clientOf(other).get('/explain/schedules/yearly')).json
  t.match(found.waitingFor, [
    { code: 'APPLICATION_ABSENT', about: { application: 'SimpleBatchJob' } },
    { code: 'NEXT_TIME' }
  ])
})

t.test('NOT_WAITING is not said of a definition that could start: it has a time', async t => {
  const alone = await buildApp(t)
  const fresh = clientOf(alone)
  await quickDefinition(fresh)
  await fresh.post('/schedules', { name: 's', definition: 'quick', when: YEARLY })
  await fresh.post('/schedules/s/activate')
  t.match((await fresh.get('/explain/schedules/s')).json.waitingFor, [{ code: 'NEXT_TIME' }])
})
