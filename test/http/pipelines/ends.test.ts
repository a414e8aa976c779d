// Stopping and deleting batches of pipelines, over HTTP on a whole server.
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { rows } from '../../../src/store/database.ts'
import { buildApp } from '../../support/build-app.ts'
import { until } from '../../support/until.ts'
import { clientOf } from '../schedules/scheduling-client.ts'
import { instanceOf, pipeline, sleeping, started, step } from './pipeline-client.ts'

const app = await buildApp(t)
const client = clientOf(app)
const { get, ask } = client
await pipeline(client, 'sleeps', sleeping('s'))
await pipeline(client, 'quick', step('only', 'simpleBatchlet'))

const running = async () => {
  const id = await started(client, 'sleeps')
  await until(
    'it runs',
    async () => (await get(`/batches/sleeps/${id}`)).json.state.steps.s.state === 'running'
  )
  return id
}
const statusOf = async (id: string) => {
  const answer = await app.http.inject(`/ibm/api/batch/jobinstances/${instanceOf(id)}`)
  return answer.statusCode === 200 ? answer.json<{ batchStatus: string }>().batchStatus : answer.statusCode
}

t.test(
  'R003-9 a stop answers when the batch has stopped; of one that is not running it is a 409',
  async t => {
    const id = await running()
    t.match(await ask('PUT', `/batches/sleeps/${id}/stop`), {
      status: 200,
      json: { message: 'Batch stopped successfully' }
    })
    t.equal(await statusOf(id), 'STOPPED')
    for (const [name, batch] of [
      ['sleeps', id],
      ['quick', await started(client, 'quick')]
    ] as const) {
      await client.ended(instanceOf(batch))
      t.match((await ask('PUT', `/batches/${name}/${batch}/stop`)).json, {
        status: 409,
        code: 'JobExecutionNotRunning',
        message: /is not running/
      })
    }
  }
)

t.test(
  'R003-10 R003-13 a DELETE of what has ended purges its job instance; the second one is a 404',
  async t => {
    const id = await started(client, 'quick')
    await client.ended(instanceOf(id))
    t.match(await ask('DELETE', `/batches/quick/${id}`), {
      status: 200,
      json: { message: 'Batch deleted successfully' }
    })
    t.equal(await statusOf(id), 404)
    for (const method of ['DELETE', 'GET'] as const)
      t.match((await ask(method, `/batches/quick/${id}`)).json, {
        status: 404,
        code: 'NoSuchBatch',
        message: /has no batch/
      })
    t.equal((await ask('PUT', `/batches/quick/${id}/stop`)).status, 404)
    const audit = await get(`/audit?target=instance:${instanceOf(id)}`)
    t.match(audit.json.items[0], { what: 'instance.purge' })
  }
)

t.test(
  'R003-10 R003-13 a DELETE of a running batch stops it first, and answers when nothing is left of it',
  async t => {
    const id = await running()
    const [{ logPath }] = (await rows<{ logPath: string }>(
      app.database.db,
      `select log_path as "logPath" from batchyard.job_execution where instance_id = :id`,
      { id: instanceOf(id) }
    )) as [{ logPath: string }]
    const logs = path.join(app.directory, 'joblogs', logPath)
    // The step begins in the repository with its unit, before its thread has opened the log.
    await until('its job log is there', async () => (await readdir(logs).catch(() => [])).length > 0)
    t.equal((await ask('DELETE', `/batches/sleeps/${id}`)).status, 200)
    t.equal(await statusOf(id), 404)
    t.same(await readdir(logs).catch(() => 'gone'), 'gone', 'its job log went with it')
    t.same(
      await rows(app.database.db, 'select from batchyard.unit where instance_id = :id', {
        id: instanceOf(id)
      }),
      []
    )
  }
)

t.test('what is held is neither deleted nor stopped for it', async t => {
  const id = await running()
  const hold = `/instances/${instanceOf(id)}/hold`
  t.equal((await ask('PUT', hold, { body: { reason: 'evidence' } })).status, 200)
  t.match((await ask('DELETE', `/batches/sleeps/${id}`)).json, { status: 409, code: 'InstanceHeld' })
  t.match((await get(`/batches/sleeps/${id}`)).json, { state: { state: 'running' } })
  t.equal((await ask('DELETE', hold)).status, 204)
  t.equal((await ask('DELETE', `/batches/sleeps/${id}`)).status, 200)
})

t.test('R003-10 of several that delete a running batch at once, one does; the others find none', async t => {
  const id = await running()
  const answers = await Promise.all([1, 2, 3].map(() => ask('DELETE', `/batches/sleeps/${id}`)))
  const statuses = answers.map(({ status }) => status)
  t.equal(statuses.filter(status => status === 200).length, 1, String(statuses))
  t.ok(
    statuses.every(status => [200, 404, 409].includes(status)),
    'a purge under way is a 409'
  )
  t.equal(await statusOf(id), 404)
})

t.test(
  'R003-13 what a pipeline has not is 404: pipelines, versions, batches, and batches of others',
  async t => {
    const other = await started(client, 'quick')
    const unknown = [
      ['POST', '/batches/none'],
      ['GET', '/batches/none'],
      ['GET', '/batches/none/'],
      ['GET', `/batches/none/${other}`],
      ['PUT', `/batches/none/${other}/stop`],
      ['DELETE', `/batches/none/${other}`],
      ['GET', `/batches/sleeps/${other}`],
      ['PUT', `/batches/sleeps/${other}/stop`],
      ['DELETE', `/batches/sleeps/${other}`],
      ['POST', '/batches/quick?pipeline_version=2'],
      ['POST', '/batches/quick?pipeline_version=0'],
      ['POST', '/batches/quick?pipeline_version=latest'],
      ['POST', '/batches/quick?pipeline_version='],
      ['POST', '/batches/quick?pipeline_version=99999999999'],
      ['GET', '/batches/*'],
      ['GET', '/batches/quic*/'],
      ['GET', '/batches/quick/*'],
      ['GET', `/batches/quick/${instanceOf(other)}`],
      ['GET', '/batches/quick/batch-999999'],
      ['GET', '/batches/quick/batch-0'],
      ['GET', `/batches/quick/batch-0${instanceOf(other)}`],
      ['GET', '/batches/quick/batch-99999999999999999999999'],
      ['GET', '/batches/quick/batch-1e3'],
      ['GET', '/batches/quick/BATCH-1'],
      ['GET', "/batches/quick/batch-1'%20or%201=1"],
      ['GET', '/batches/..%2Fquick'],
      ['GET', `/batches/${'x'.repeat(3000)}`],
      ['DELETE', '/batches/quick/batch-%ED%95%9C']
    ] as const
    for (const [method, url] of unknown) {
      const { status, json, headers } = await ask(method, url)
      t.equal(status, 404, `${method} ${url.slice(0, 80)}`)
      t.equal(json.message, json.detail)
      t.equal(headers['content-type'], 'application/problem+json')
    }
    t.match((await get('/batches/sleeps/batch-1%00')).json, {
      status: 400,
      code: 'TextInvalid',
      message: String
    })
    await client.ended(instanceOf(other))
  }
)

t.test('R003-2 the newest of a pipeline that has no batch is a 404 that says so', async t => {
  await pipeline(client, 'unused', step('only', 'simpleBatchlet'))
  t.match((await get('/batches/unused')).json, {
    status: 404,
    code: 'NoSuchBatch',
    message: 'Pipeline unused has no batch yet.'
  })
})

t.test('other methods and paths below /batches are told with a message too', async t => {
  t.match(await app.http.inject({ method: 'PATCH', url: '/api/v1/batches/quick' }), {
    statusCode: 405,
    headers: { allow: 'GET, HEAD, OPTIONS, POST' }
  })
  const unknown = await app.http.inject('/api/v1/batches')
  t.match(unknown.json(), { status: 404, message: String })
  const elsewhere = await app.http.inject('/api/v1/definitions/none')
  t.equal(elsewhere.json().message, undefined, 'and nowhere else')
})

t.test('in maintenance no batch starts: 503; what runs can be stopped and deleted', async t => {
  const id = await running()
  const { headers } = await get('/maintenance')
  const turn = async (on: boolean, etag: unknown) =>
    await ask('PUT', '/maintenance', { body: { on, reason: null }, headers: { 'if-match': String(etag) } })
  const turned = await turn(true, headers['etag'])
  const refused = await ask('POST', '/batches/quick')
  t.match(refused, {
    status: 503,
    json: { code: 'MaintenanceMode', message: String },
    headers: { 'retry-after': /\d/ }
  })
  t.equal((await ask('PUT', `/batches/sleeps/${id}/stop`)).status, 200)
  t.equal((await ask('DELETE', `/batches/sleeps/${id}`)).status, 200)
  await turn(false, turned.headers['etag'])
  t.equal((await ask('POST', '/batches/quick')).status, 200)
})

t.test('a required parameter without a default is a 400; secret ones are shown to nobody', async t => {
  await pipeline(client, 'needs', step('only', 'simpleBatchlet'), { day: { required: true } })
  t.match((await ask('POST', '/batches/needs')).json, {
    status: 400,
    message: String,
    errors: [{ path: 'parameters.day', message: 'is required and has no default' }]
  })
  t.equal((await get('/batches/needs')).status, 404, 'no batch came of it')
  const shown = '<property name="prop1" value="#{jobParameters[\'pin\']}"/>'
  await pipeline(client, 'secret', step('only', 'simpleBatchlet', null, shown), {
    pin: { default: '4711', secret: true }
  })
  const id = await started(client, 'secret')
  await client.ended(instanceOf(id))
  const executions = await app.http.inject(`/ibm/api/batch/jobinstances/${instanceOf(id)}/jobexecutions`)
  t.match(executions.json()[0].jobParameters, { pin: '********' })
  for (const url of [
    '/batches/secret',
    '/batches/secret/',
    '/definitions/secret',
    `/audit?target=instance:${instanceOf(id)}`
  ])
    t.notMatch((await get(url)).text, /4711/, url)
})
