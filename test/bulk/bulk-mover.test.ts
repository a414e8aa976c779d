// Bulk jobs in maintenance: none is created, what waits for its turn begins afterwards, and nobody is asked to do anything.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { until } from '../support/until.ts'
import { caller, create, creation, failEvery, manifestOf, upload, when } from './bulk-client.ts'

t.test('in maintenance no bulk job begins; when it is over, each goes on by itself', async t => {
  const app = await buildApp(t)
  const call = caller(app)
  const manifestId = await upload(call, manifestOf(3))
  const jobId = await create(call, creation(manifestId, { confirmationRequired: true }))
  await when(call, jobId, 'Suspended')
  const turn = (on: boolean) => rows(app.database.db, 'update maintenance set is_on = :on', { on })
  await turn(true)
  const refused = await call('POST', '/jobs', creation(manifestId))
  t.match(
    [refused.status, refused.json.code, refused.headers['retry-after']],
    [503, 'MaintenanceMode', /\d+/]
  )
  await call('POST', `/jobs/${jobId}/status?requestedJobStatus=Ready`)
  await app.tick()
  await app.tick()
  t.match((await call('GET', `/jobs/${jobId}`)).json, {
    status: 'Ready',
    instanceId: null,
    progressSummary: { numberOfTasksSucceeded: 0 }
  })
  await turn(false)
  t.match(await when(call, jobId, 'Complete'), { progressSummary: { numberOfTasksSucceeded: 3 } })
})

t.test('a request without a body may say that it is JSON', async t => {
  const call = caller(await buildApp(t))
  const jobId = await create(
    call,
    creation(await upload(call, manifestOf(1)), { confirmationRequired: true })
  )
  await when(call, jobId, 'Suspended')
  const json = { 'content-type': 'application/json' }
  t.equal((await call('POST', `/jobs/${jobId}/priority?priority=3`, undefined, json)).status, 200)
  t.equal((await call('POST', `/jobs/${jobId}/clone`, undefined, json)).status, 201)
})

t.test('a server that died between the submit and its note of it leaves no second instance', async t => {
  const app = await buildApp(t)
  const call = caller(app)
  const operation = failEvery({ delayMs: '10' })
  const jobId = await create(call, creation(await upload(call, manifestOf(300)), { operation }))
  const { instanceId } = await until('it has an instance', async () => {
    const { json } = await call('GET', `/jobs/${jobId}`)
    return json.instanceId === null ? null : (json as { instanceId: number })
  })
  await rows(app.database.db, 'update bulk_job set instance_id = null where job_id = :jobId', { jobId })
  t.match(await when(call, jobId, 'Complete'), {
    instanceId,
    progressSummary: { numberOfTasksSucceeded: 300 }
  })
  const instances = await rows(app.database.db, 'select from job_instance')
  t.equal(instances.length, 1)
})

t.test('a job that is cancelled while its manifest is read has no tasks', async t => {
  const app = await buildApp(t)
  const call = caller(app)
  const jobId = await create(call, creation(await upload(call, manifestOf(150_000))))
  await when(call, jobId, 'Preparing')
  t.equal(
    (await call('POST', `/jobs/${jobId}/status?requestedJobStatus=Cancelled`)).json.status,
    'Cancelling'
  )
  t.match(await when(call, jobId, 'Cancelled'), {
    instanceId: null,
    progressSummary: { totalNumberOfTasks: 0 }
  })
  t.same(await rows(app.database.db, 'select from bulk_task'), [])
})
