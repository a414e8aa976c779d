// What document 004's screen says under its table, and document 000's registration panel, as they are over REST: where the next time
// stands, and what a schedule is registered with.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { until } from '../support/until.ts'
import { clockedServer, EVERY_SECOND } from './clocked-server.ts'

const { app, client, activated, decisions, some, stopAll } = await clockedServer(t)
const { get, post } = client

t.test(
  'R004-22 R004-32 the first time of a new database fires too: there is no row of a last check to begin with',
  async t => {
    t.same(
      await rows(
        app.database.db,
        `select table_name from information_schema.tables where table_schema = 'batchyard' and table_name ~ 'check|batch_run'`
      ),
      []
    )
    const soon = new Date(Date.now() + 3000)
    soon.setMilliseconds(0)
    await activated('first', { definition: 'quick', when: EVERY_SECOND, start: soon, end: soon })
    const [fired] = await some('first', { decision: 'fired' }, 1)
    t.equal(fired!.nominalTime, soon.toISOString())
  }
)

t.test('R004-33 R004-64 the next time is set before the run has begun, and stands in the row', async t => {
  const rule = { rule: { weekdays: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], at: '00:00' } }
  await activated('daily', { definition: 'sleepy', when: rule })
  const { nextFireTime } = (await get('/schedules/daily')).json
  t.match(nextFireTime, /T00:00:00\.000Z$/)
  t.ok(Date.parse(nextFireTime) > Date.now())
  t.equal((await get('/schedules/daily/next?count=1')).json.items[0].time, nextFireTime.replace('.000Z', 'Z'))
  // As if midnight were a moment ago.
  await rows(
    app.database.db,
    `update batchyard.schedule set next_fire_time = date_trunc('second', clock_timestamp()) where name = 'daily'`
  )
  await some('daily', { decision: 'fired' }, 1)
  const { json } = await get('/schedules/daily')
  t.match(json, { nextFireTime, lastRun: { batchStatus: /START/, endTime: null } }, 'while it runs')
  t.ok((await get('/schedules?name=daily')).json.items[0].nextFireTime === nextFireTime, 'in the list too')
  await stopAll()
})

t.test(
  'R000-4 R000-11 what a schedule is registered with is described, with the warning of the panel',
  async t => {
    const api = (await app.http.inject('/openapi.json')).json()
    const creation = api.paths['/api/v1/schedules'].post
    t.match(creation, {
      summary: /Create a schedule, InActive/,
      description: /run again and again: it must suit that/
    })
    const body = creation.requestBody.content['application/json'].schema
    t.same(body.required.toSorted(), ['definition', 'name', 'when'])
    for (const field of ['name', 'description', 'definition', 'parameters', 'when', 'start', 'end'])
      t.ok(field in body.properties, field)
    const panel = { name: 'panel', description: 'of the panel', definition: 'quick', when: EVERY_SECOND }
    t.match(await post('/schedules', panel), { status: 201, json: { ...panel, state: 'InActive' } })
  }
)

t.test('nothing is recorded, and nothing made up, for the time in which a schedule was InActive', async t => {
  await activated('resting', { definition: 'quick', when: EVERY_SECOND, overlap: 'allow', missed: 'all' })
  await some('resting', { decision: 'fired' }, 1)
  const rested = Date.parse((await post('/schedules/resting/deactivate')).json.updateTime)
  await until('some seconds have gone by', () => Date.now() > rested + 3000)
  const woken = Date.parse((await post('/schedules/resting/activate')).json.updateTime)
  await until('it fires again', async () =>
    (await decisions('resting')).some(each => Date.parse(each.nominalTime) > woken)
  )
  await post('/schedules/resting/deactivate')
  const meanwhile = (await decisions('resting'))
    .map(({ nominalTime }) => Date.parse(nominalTime))
    .filter(time => time > rested && time < woken)
  t.same(meanwhile, [])
})

t.test('a time of day beside everyMinutes is accepted, and without effect', async t => {
  const when = { rule: { weekdays: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], everyMinutes: 5 } }
  const times = async (at: object) => {
    const { status, json } = await post('/schedules/preview', {
      when: { rule: { ...when.rule, ...at } },
      timeZone: 'UTC',
      from: '2027-01-04T10:00:00Z',
      count: 3
    })
    t.equal(status, 200)
    return json.items
  }
  t.same(await times({ at: '23:30' }), await times({}))
})

t.test('a schedule cannot have the name of a route', async t => {
  for (const name of ['preview', 'history'])
    t.match(await post('/schedules', { name, definition: 'quick', when: EVERY_SECOND }), {
      status: 400,
      json: { errors: [{ path: 'name' }] }
    })
})
