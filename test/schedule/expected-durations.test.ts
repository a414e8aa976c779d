// What the runs of a definition tell of the next one: how long it should take, and when it should end.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { until } from '../support/until.ts'
import { clockedServer } from './clocked-server.ts'

const { app, client, stopAll } = await clockedServer(t)
const { get, post } = client
const { db } = app.database

t.test('what runs is expected to take as long as its last runs did', async t => {
  await post('/definitions', {
    name: 'known',
    application: 'SimpleBatchJob',
    jsl: `<job id="known" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"><step id="s"><batchlet ref="sleepyBatchlet"><properties>
      <property name="sleep.time.seconds" value="#{jobParameters['seconds']}"/></properties></batchlet></step></job>`,
    parameters: { seconds: { default: '0' } }
  })
  const first = (await post('/definitions/known/run')).json
  t.match(first, { expected: null, eta: null })
  t.match(await client.ended(first.instanceId), { expected: { runs: 1 }, eta: null })
  const past: number[] = [first.instanceId]
  for (let n = 1; n < 10; n++) {
    const { instanceId } = (await post('/definitions/known/run')).json
    await client.ended(instanceId)
    past.push(instanceId)
  }
  // 100 s, 200 s … 1000 s.
  for (const [at, instanceId] of past.entries())
    await rows(
      db,
      `update job_execution set end_time = start_time + ${(at + 1) * 100} * interval '1 second' where instance_id = :instanceId`,
      { instanceId }
    )
  const { instanceId } = (await post('/definitions/known/run', { parameters: { seconds: '300' } })).json
  await until('it runs', async () => (await get(`/runs/${instanceId}`)).json.startTime)
  const run = (await get(`/runs/${instanceId}`)).json
  t.same(run.expected, { medianMs: 550_000, p90Ms: 910_000, runs: 10 })
  t.equal(Date.parse(run.eta) - Date.parse(run.startTime), 550_000)
  const { items } = (await get('/definitions/known/history')).json
  t.match(items[0], { instanceId, eta: run.eta, expected: run.expected })
  t.match(items[1], { eta: null, expected: null }, 'what has ended needs none')
  const since = async (seconds: number) =>
    await rows(
      db,
      `update job_execution set start_time = clock_timestamp() - ${seconds} * interval '1 second' where instance_id = :instanceId`,
      { instanceId }
    )
  await since(600)
  const late = (await get(`/runs/${instanceId}`)).json
  t.equal(Date.parse(late.eta) - Date.parse(late.startTime), 910_000, 'past the median')
  await since(1000)
  t.equal((await get(`/runs/${instanceId}`)).json.eta, null, 'nobody knows any more')
  await stopAll()
})
