// Schedules over HTTP on a whole server: created, edited and deleted while InActive, switched, previewed, run by hand.
import t from 'tap'
import { rows } from '../../../src/store/database.ts'
import { buildApp } from '../../support/build-app.ts'
import { clientOf, quickDefinition } from './scheduling-client.ts'

const app = await buildApp(t)
const client = clientOf(app)
const { ask, get, post, put } = client
await quickDefinition(client, 'quick', { region: { default: 'EU' }, pin: { secret: true } })

const NIGHTLY = {
  definition: 'quick',
  timeZone: 'Europe/Paris',
  when: { rule: { weekdays: ['mon', 'tue'], day: null, month: null, year: null, at: '22:55' } }
}

t.test(
  'R000-8 R000-9 R000-10 R000-12 R000-13 R000-15 R004-2 R004-20 a new schedule is InActive and stands in the list',
  async t => {
    const created = await post('/schedules', {
      name: 'nightly',
      code: 'BATCH_SYNC',
      label: 'Synchro',
      description: 'each night',
      ...NIGHTLY,
      parameters: { region: 'US', pin: '4711' }
    })
    t.equal(created.status, 201)
    t.equal(created.headers['location'], '/api/v1/schedules/nightly')
    t.match(created.json, {
      name: 'nightly',
      code: 'BATCH_SYNC',
      label: 'Synchro',
      description: 'each night',
      definition: 'quick',
      version: null,
      parameters: { region: 'US', pin: '********' },
      timeZone: 'Europe/Paris',
      start: null,
      end: null,
      overlap: 'skip',
      missed: 'once',
      missedLimit: 10,
      when: NIGHTLY.when,
      state: 'InActive',
      system: false,
      createdBy: 'NOTSET',
      updatedBy: 'NOTSET',
      nextFireTime: null,
      programming: {
        fr: 'Tous les lun, mar à 22h55',
        en: 'Every Mon, Tue at 22:55',
        ko: '매주 월, 화 22:55'
      },
      lastRun: null
    })
    t.same((await get('/schedules/nightly')).json, created.json)
    t.match((await get('/schedules?name=night*&state=InActive&definition=quick')).json, {
      items: [{ name: 'nightly' }],
      nextToken: null
    })
    t.same((await get('/schedules?name=nightly&state=Active')).json.items, [])
    t.match((await post('/schedules', { name: 'nightly', ...NIGHTLY })).json, {
      status: 409,
      code: 'ScheduleExists'
    })
  }
)

t.test('R000-3 one definition has many schedules', async t => {
  for (const name of ['many.a', 'many.b'])
    t.equal((await post('/schedules', { name, ...NIGHTLY })).status, 201)
  const first = await get('/schedules?name=many.*&limit=1')
  const rest = await get(`/schedules?name=many.*&limit=1&token=${first.json.nextToken}`)
  t.same([first.json.items[0].name, rest.json.items[0].name, rest.json.nextToken], ['many.a', 'many.b', null])
})

t.test('R000-16 what is wrong with a schedule is said all at once, with its places', async t => {
  const { json } = await post('/schedules', {
    name: 'history',
    definition: 'nobody',
    timeZone: 'Mars/Olympus',
    start: '2027-01-02T00:00:00Z',
    end: '2027-01-01T00:00:00Z',
    when: { cron: 'x' }
  })
  t.match(json, { status: 400, code: 'ParameterInvalid' })
  t.same(json.errors.map(({ path }: { path: string }) => path).toSorted(), [
    'definition',
    'end',
    'name',
    'timeZone',
    'when.cron'
  ])
  const cases: readonly [object, string][] = [
    [{ when: { cron: '* * * * *', rrule: 'FREQ=DAILY' } }, 'when'],
    [{ when: {} }, 'when'],
    [{ when: { rule: { day: 32, at: '10:00' } } }, 'when.rule.day'],
    [{ when: { rule: { at: '25:00', day: 3 } } }, 'when.rule.at'],
    [{ when: { rule: { weekdays: ['lun'], at: '10:00' } } }, 'when.rule.weekdays[0]'],
    [{ when: { rule: { weekdays: ['mon'] } } }, 'when.rule.at'],
    [{ when: { rule: { weekdays: ['mon'], everyMinutes: 0 } } }, 'when.rule.everyMinutes'],
    [{ when: { cron: '0 0 30 2 *' } }, 'when.cron'],
    [{ when: { rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' } }, 'when.rrule'],
    [{ when: { cron: '* * * * *' }, start: 'tomorrow' }, 'start'],
    [{ when: { cron: '* * * * *' }, start: '2027-02-30T00:00:00Z' }, 'start'],
    [{ when: { cron: '* * * * *' }, overlap: 'maybe' }, 'overlap'],
    [{ when: { cron: '* * * * *' }, missedLimit: 0 }, 'missedLimit'],
    [{ when: { cron: '* * * * *' }, parameters: { a: 5 } }, 'parameters.a'],
    [{ when: { cron: '* * * * *' }, version: 7 }, 'version'],
    [{ when: { cron: '* * * * *' }, state: 'Active' }, 'state']
  ]
  for (const [more, path] of cases) {
    const answer = await post('/schedules', { name: 'wrong', definition: 'quick', ...more })
    t.equal(answer.status, 400, JSON.stringify(more))
    t.ok(
      answer.json.errors?.some((error: { path: string }) => error.path.startsWith(path)),
      `${JSON.stringify(more)} ${answer.text}`
    )
  }
  t.equal((await get('/schedules/wrong')).status, 404)
  await quickDefinition(client, 'strict', { day: { required: true } })
  const missing = await post('/schedules', {
    name: 'wrong',
    definition: 'strict',
    when: { cron: '* * * * *' }
  })
  t.match(missing.json, { status: 400, errors: [{ path: 'parameters.day' }] })
})

t.test('R000-20 R000-21 R000-22 a schedule is edited and deleted only while it is InActive', async t => {
  await post('/schedules', { name: 'switched', ...NIGHTLY })
  const active = await post('/schedules/switched/activate')
  t.match(active.json, { state: 'Active', nextFireTime: /T2[01]:55:00\.000Z$/ })
  t.match((await post('/schedules/switched/activate', {})).json, { state: 'Active' })
  t.equal((await post('/schedules/switched/activate')).headers['etag'], active.headers['etag'])
  t.match((await put('/schedules/switched', NIGHTLY)).json, { status: 409, code: 'ScheduleActive' })
  t.match((await ask('DELETE', '/schedules/switched')).json, { status: 409, code: 'ScheduleActive' })
  t.match((await post('/schedules/switched/deactivate')).json, { state: 'InActive', nextFireTime: null })
  t.match((await post('/schedules/switched/deactivate')).json, { state: 'InActive' })
  t.equal((await put('/schedules/switched', NIGHTLY)).status, 200)
  t.equal((await ask('DELETE', '/schedules/switched', { headers: { 'if-match': '"1"' } })).status, 412)
  t.equal((await ask('DELETE', '/schedules/switched')).status, 204)
  t.equal((await get('/schedules/switched')).status, 404)
  for (const url of ['activate', 'deactivate', 'run'])
    t.equal((await post(`/schedules/switched/${url}`)).status, 404)
})

t.test(
  'R000-24 R000-25 R000-26 R004-62 R004-65 name and definition cannot be changed; all else can, and what is left out gets its default',
  async t => {
    await post('/schedules', {
      name: 'edited',
      ...NIGHTLY,
      code: 'X',
      parameters: { pin: '4711', region: 'US' }
    })
    const url = '/schedules/edited'
    t.match((await ask('PUT', url, { body: NIGHTLY })).json, { status: 428, code: 'PreconditionMissing' })
    t.match((await ask('PUT', url, { body: NIGHTLY, headers: { 'if-match': '"1"' } })).json, { status: 412 })
    t.match((await put(url, { ...NIGHTLY, name: 'other' })).json, { status: 400, errors: [{ path: 'name' }] })
    t.match((await put(url, { ...NIGHTLY, definition: 'other' })).json, {
      status: 400,
      errors: [{ path: 'definition' }]
    })
    t.match((await put(url, { ...NIGHTLY, state: 'Active' })).json, {
      status: 400,
      errors: [{ path: 'state' }]
    })
    t.match((await put(url, { ...NIGHTLY, nextFireTime: null })).json, {
      status: 400,
      errors: [{ path: 'nextFireTime' }]
    })
    const edited = await put(url, {
      name: 'edited',
      when: { cron: '0 3 * * *' },
      timeZone: 'Asia/Seoul',
      missed: 'all',
      missedLimit: 3,
      version: 1,
      start: '2027-01-01T00:00:00+09:00',
      parameters: { pin: '********', region: '********' }
    })
    t.match(edited.json, {
      code: null,
      definition: 'quick',
      version: 1,
      missed: 'all',
      missedLimit: 3,
      overlap: 'skip',
      timeZone: 'Asia/Seoul',
      start: '2026-12-31T15:00:00.000Z',
      when: { cron: '0 3 * * *' },
      parameters: { pin: '********', region: '********' }
    })
    const { instanceId } = (await post(`${url}/run`)).json
    await client.ended(instanceId)
    const [execution] = await app.operator.jobExecutions(instanceId, {
      user: 'x',
      roles: ['batchAdmin'],
      groups: []
    })
    t.same(execution?.jobParameters, { region: '********', pin: '********' })
    const stored = await rows<{ value: string }>(
      app.database.db,
      `select value from batchyard.job_parameter where instance_id = :instanceId and name = 'pin'`,
      { instanceId }
    )
    t.equal(stored[0]!.value, '4711', 'a mask that was sent back left the secret as it was')
  }
)
