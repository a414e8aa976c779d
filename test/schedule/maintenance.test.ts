// Maintenance mode on a whole server whose clock runs: what is refused, what goes on, and what is made up for.
import t from 'tap'
import { buildApp } from '../support/build-app.ts'
import { until } from '../support/until.ts'
import { clientOf, quickDefinition, sleepyDefinition } from '../http/schedules/scheduling-client.ts'

interface DecisionJson {
  readonly nominalTime: string
  readonly decision: string
  readonly reason: string | null
  readonly instanceId: number | null
}

const app = await buildApp(t)
const client = clientOf(app)
const { get, post, put } = client
await quickDefinition(client)
await sleepyDefinition(client, 'sleepy')
const EVERY_SECOND = { cron: '* * * * * *' }

async function activated(name: string, more: object): Promise<void> {
  const created = await post('/schedules', { name, timeZone: 'UTC', ...more })
  if (created.status !== 201) throw new Error(created.text)
  const active = await post(`/schedules/${name}/activate`)
  if (active.status !== 200) throw new Error(active.text)
}

const decisions = async (name: string): Promise<DecisionJson[]> =>
  (await get(`/schedules/${name}/decisions?limit=1000`)).json.items
const some = async (name: string, what: Partial<DecisionJson>, count: number) =>
  await until(`${count} × ${JSON.stringify(what)} of ${name}`, async () => {
    const found = (await decisions(name)).filter(each =>
      Object.entries(what).every(([key, value]) => each[key as keyof DecisionJson] === value)
    )
    return found.length >= count ? found : null
  })

async function stopAll(): Promise<void> {
  await app.http
    .inject({ method: 'GET', url: '/ibm/api/batch/jobinstances?instanceState=DISPATCHED,SUBMITTED' })
    .then(async answer => {
      for (const { instanceId } of answer.json())
        await app.http.inject({ method: 'PUT', url: `/ibm/api/batch/jobinstances/${instanceId}?action=stop` })
    })
}

t.test(
  'R004-7 in maintenance nothing starts but is made up for afterwards, and what runs goes on',
  async t => {
    const running = (await post('/definitions/sleepy/run')).json
    t.match((await get('/maintenance')).json, { on: false, reason: null, since: null })
    t.equal((await client.ask('PUT', '/maintenance', { body: { on: true } })).status, 428)
    t.equal(
      (await client.ask('PUT', '/maintenance', { body: { on: true }, headers: { 'if-match': '"99"' } }))
        .status,
      412
    )
    await activated('maintained', {
      definition: 'quick',
      when: EVERY_SECOND,
      overlap: 'allow',
      missed: 'all',
      missedLimit: 2
    })
    const on = await put('/maintenance', { on: true, reason: 'upgrade' })
    t.match(on.json, { on: true, reason: 'upgrade', since: /Z$/ })
    const submit = await app.http.inject({
      method: 'POST',
      url: '/ibm/api/batch/jobinstances',
      payload: { applicationName: 'SimpleBatchJob', jobXMLName: 'test_twoSteps' }
    })
    t.match(submit.json(), { status: 503, code: 'MaintenanceMode' })
    t.ok(submit.headers['retry-after'])
    for (const url of ['/definitions/quick/run', '/schedules/maintained/run'])
      t.match((await post(url)).json, { status: 503, code: 'MaintenanceMode' })
    const skipped = await some('maintained', { decision: 'skipped', reason: 'maintenance' }, 3)
    t.match((await get(`/runs/${running.instanceId}`)).json, { endTime: null })
    await stopAll()
    await client.ended(running.instanceId)
    const restart = await app.http.inject({
      method: 'PUT',
      url: `/ibm/api/batch/jobinstances/${running.instanceId}?action=restart`
    })
    t.match(restart.json(), { status: 503, code: 'MaintenanceMode' })
    t.match((await put('/maintenance', { on: false })).json, { on: false, reason: null, since: null })
    await until('the last two are made up for', async () => {
      const all = await decisions('maintained')
      const newest = all.filter(each => each.reason === 'maintenance')[0]!
      const madeUp = all.filter(each => each.decision === 'fired' && each.nominalTime > newest.nominalTime)
      return madeUp.length >= 2
    })
    await post('/schedules/maintained/deactivate')
    const all = await decisions('maintained')
    t.ok(all.filter(each => each.reason === 'maintenance').length >= skipped.length - 2)
    t.equal(
      (
        await app.http.inject({
          method: 'PUT',
          url: `/ibm/api/batch/jobinstances/${running.instanceId}?action=restart`
        })
      ).statusCode,
      200
    )
    await stopAll()
  }
)
