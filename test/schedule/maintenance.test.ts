// Maintenance mode on a whole server whose clock runs: what is refused, what goes on, and what is made up for.
import t from 'tap'
import { until } from '../support/until.ts'
import { clockedServer, EVERY_SECOND } from './clocked-server.ts'

const server = await clockedServer(t)
const { app, client, activated, decisions, some, stopAll } = server
const { get, post, put } = client

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

t.test('R000-3 R004-7 an own schedule of a batch of the server fires in maintenance too', async t => {
  t.match((await put('/maintenance', { on: true })).json, { on: true })
  await activated('open-again', { definition: 'BATCH_APP_EN_SERVICE', when: EVERY_SECOND })
  await some('open-again', { decision: 'fired' }, 1)
  await until('the server is back in service', async () => !(await get('/maintenance')).json.on)
  t.notOk((await decisions('open-again')).some(({ reason }) => reason === 'maintenance'))
  t.equal((await post('/schedules/open-again/deactivate')).status, 200)
})
