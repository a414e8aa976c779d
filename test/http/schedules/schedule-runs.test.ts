// Runs of schedules by hand, their histories, and their next times, over HTTP on a whole server.
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { clientOf, quickDefinition, sleepyDefinition } from './scheduling-client.ts'

const app = await buildApp(t)
const client = clientOf(app)
const { ask, get, post } = client
await quickDefinition(client, 'quick', { region: { default: 'EU' }, pin: { secret: true } })

t.test('next times and preview tell what clocks do to them', async t => {
  await post('/schedules', {
    name: 'clocks',
    definition: 'quick',
    timeZone: 'Europe/Paris',
    when: { cron: '30 2 * * *' }
  })
  const next = await get('/schedules/clocks/next?count=2&from=2027-03-27T12:00:00Z')
  t.match(next.json, {
    items: [
      { time: '2027-03-28T03:00:00+02:00', note: 'moved: 02:30 does not exist on this day' },
      { time: '2027-03-29T02:30:00+02:00', note: null }
    ]
  })
  const preview = await post('/schedules/preview', {
    when: { cron: '30 2 * * *' },
    timeZone: 'Europe/Paris',
    from: '2026-10-24T12:00:00Z',
    count: 1
  })
  t.match(preview.json.items, [
    { time: '2026-10-25T02:30:00+02:00', note: 'first of two: 02:30 happens twice on this day' }
  ])
  t.equal((await get('/schedules/clocks/next')).json.items.length, 10)
  t.equal((await get('/schedules/clocks/next?count=0')).status, 400)
  t.equal((await get('/schedules/clocks/next?from=yesterday')).status, 400)
  const never = await post('/schedules/preview', { when: { rule: { at: '22:55' } }, timeZone: 'UTC' })
  t.match(never.json, { items: [], note: /never fires by itself/ })
  t.match((await post('/schedules/preview', { when: { cron: '0 0 31 2 *' }, timeZone: 'UTC' })).json, {
    status: 400,
    errors: [{ path: 'when.cron', message: /never/ }]
  })
})

t.test(
  'R004-5 R004-6 R004-40 R004-54 R004-61 R000-23 R000-27 R000-30 R000-32 run by hand, Active or not; R000-33 histories by schedule and over all, R000-31 searched by name',
  async t => {
    await post('/schedules', {
      name: 'by-hand',
      definition: 'quick',
      timeZone: 'Europe/Paris',
      when: { rule: { at: '22:55' } }
    })
    const active = await post('/schedules/by-hand/activate')
    t.match(active.json, { state: 'Active', nextFireTime: null, programming: { fr: 'Aucun jour à 22h55' } })
    const run = await post('/schedules/by-hand/run', { parameters: { region: 'KR' } })
    t.equal(run.status, 201)
    t.match(run.json, {
      schedule: 'by-hand',
      definition: 'quick',
      version: 1,
      trigger: 'manual',
      nominalTime: null
    })
    const { instanceId } = run.json
    await client.ended(instanceId)
    const seen = (await get('/schedules/by-hand')).json.lastRun
    t.match(seen, {
      instanceId,
      batchStatus: 'COMPLETED',
      text: {
        fr: /^FINISH - Deb : \d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d - Fin : \d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d - Durée : 00min 0\dsec$/
      }
    })
    t.match((await get('/schedules/by-hand/history')).json.items, [{ instanceId, schedule: 'by-hand' }])
    t.match((await get('/schedules/history?name=by-*')).json.items, [{ instanceId }])
    t.same((await get('/schedules/history?name=nothing*')).json.items, [])
    t.match(
      (await get('/schedules/history?batchStatus=COMPLETED,FAILED&definition=quick&from=2026-01-01')).json
        .items[0],
      { instanceId }
    )
    t.same((await get('/schedules/by-hand/history?batchStatus=FAILED')).json.items, [])
    t.same((await get('/schedules/by-hand/history?to=2020-01-01T00:00:00Z')).json.items, [])
    t.equal((await get('/schedules/history?batchStatus=BROKEN')).status, 400)
    t.equal((await get('/schedules/history?from=x')).status, 400)
    t.same((await get('/schedules/by-hand/decisions')).json, { items: [], nextToken: null })
    await post('/schedules/by-hand/deactivate')
    t.equal((await ask('DELETE', '/schedules/by-hand')).status, 204)
    const kept = (await get('/definitions/quick/history?schedule=by-hand')).json.items
    t.match(
      kept,
      [{ instanceId, schedule: 'by-hand' }],
      'R000-27 the history of a deleted schedule stays readable by definition'
    )
  }
)

t.test('a run by hand is refused while one runs, unless runs may overlap', async t => {
  await sleepyDefinition(client, 'sleepy')
  for (const [overlap, status] of [
    ['skip', 409],
    ['queue', 201],
    ['allow', 201]
  ] as const) {
    const name = `hand-${overlap}`
    await post('/schedules', { name, definition: 'sleepy', overlap, when: { cron: '0 0 1 1 *' } })
    const first = (await post(`/schedules/${name}/run`)).json
    const second = await post(`/schedules/${name}/run`)
    t.equal(second.status, status, overlap)
    if (status === 409) t.match(second.json, { code: 'ScheduleOverlap' })
    for (const { instanceId } of [first, ...(status === 201 ? [second.json] : [])]) {
      await app.http.inject({ method: 'PUT', url: `/ibm/api/batch/jobinstances/${instanceId}?action=stop` })
      await client.ended(instanceId)
    }
    t.match((await get(`/schedules/${name}`)).json.lastRun.text.fr, /^INTERRUPT/)
  }
})
