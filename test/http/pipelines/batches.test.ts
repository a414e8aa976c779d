// Batches of pipelines over HTTP on a whole server: the routes of document 003 that start and show them.
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { until } from '../../support/until.ts'
import { clientOf } from '../schedules/scheduling-client.ts'
import { chunk, instanceOf, pipeline, sleeping, started, step } from './pipeline-client.ts'

const app = await buildApp(t, { BATCH_THREADS: '4' })
const client = clientOf(app)
const { get, post, ask } = client

t.test(
  'R003-1 a POST runs the latest version, or the one asked for, and answers 200 with the id',
  async t => {
    await pipeline(client, 'versions', step('old', 'simpleBatchlet'))
    const jsl =
      '<job id="versions" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"><step id="new"><batchlet ref="simpleBatchlet"/></step></job>'
    await post('/definitions/versions/versions', { jsl })
    const latest = await post('/batches/versions')
    t.equal(latest.status, 200)
    t.same(Object.keys(latest.json), ['item'])
    t.match(latest.json.item, /^batch-\d+$/)
    t.match(await client.ended(instanceOf(latest.json.item)), {
      version: 2,
      trigger: 'pipeline',
      definition: 'versions'
    })
    const first = (await post('/batches/versions?pipeline_version=1', {})).json.item
    t.match(await client.ended(instanceOf(first)), { version: 1 })
    t.same(Object.keys((await get(`/batches/versions/${first}`)).json.state.steps), ['old'])
    t.same(Object.keys((await get(`/batches/versions/${latest.json.item}`)).json.state.steps), ['new'])
  }
)

t.test(
  'R003-2 R003-3 R003-6 a batch is shown in the document’s form, the newest of a pipeline without its id',
  async t => {
    await pipeline(
      client,
      'sales-pipeline',
      step('extract', 'simpleBatchlet', 'load') + step('load', 'simpleBatchlet')
    )
    const first = await started(client, 'sales-pipeline')
    await client.ended(instanceOf(first))
    const second = await started(client, 'sales-pipeline')
    await client.ended(instanceOf(second))
    const newest = await get('/batches/sales-pipeline')
    t.equal(newest.headers['content-type'], 'application/json; charset=UTF-8')
    const shown = (id: string) => ({
      id,
      name: 'sales-pipeline',
      deployment: 'run-pipeline/sales-pipeline',
      state: {
        state: 'stop',
        steps: { extract: { state: 'success', offsets: {} }, load: { state: 'success', offsets: {} } }
      }
    })
    t.same(newest.json, shown(second))
    t.same((await get(`/batches/sales-pipeline/${first}`)).json, shown(first))
    t.same((await get(`/batches/sales-pipeline/${first}/`)).json, shown(first))
  }
)

t.test('R003-4 R003-5 with a slash at the end it is the list, of JSON in strings, in pages', async t => {
  await pipeline(client, 'many', step('only', 'simpleBatchlet'))
  t.same((await get('/batches/many/')).json, { items: {}, token: null })
  const ids: string[] = []
  for (let n = 0; n < 3; n++) ids.unshift(await started(client, 'many'))
  for (const id of ids) await client.ended(instanceOf(id))
  const { json } = await get('/batches/many/')
  t.same(Object.keys(json.items), ids, 'newest first')
  t.equal(json.token, null)
  const batch = await get(`/batches/many/${ids[2]}`)
  t.equal(json.items[ids[2]!], JSON.stringify(batch.json))
  const page = (await get('/batches/many/?limit=2')).json
  t.same(Object.keys(page.items), ids.slice(0, 2))
  const more = await started(client, 'many')
  const rest = (await get(`/batches/many/?limit=2&token=${page.token}`)).json
  t.same([Object.keys(rest.items), rest.token], [ids.slice(2), null], 'stable under inserts')
  t.equal((await get('/batches/many')).json.id, more, 'without the slash it is the newest')
  t.equal((await ask('GET', '/batches/many/', { headers: {} })).json.items[more] !== undefined, true)
  const head = await app.http.inject({ method: 'HEAD', url: '/api/v1/batches/many/' })
  t.equal(head.statusCode, 200)
})

t.test('R003-4 R003-13 limit and token are checked; nothing else is a query', async t => {
  await pipeline(client, 'checked', step('only', 'simpleBatchlet'))
  await pipeline(client, 'checked-too', step('only', 'simpleBatchlet'))
  await started(client, 'checked-too')
  await started(client, 'checked-too')
  const { token } = (await get('/batches/checked-too/?limit=1')).json
  t.match(token, /./)
  for (const query of [
    'limit=0',
    'limit=1001',
    'limit=x',
    'limit=',
    'token=x',
    'token=',
    `token=${token}`,
    'state=stop'
  ]) {
    const { status, json } = await get(`/batches/checked/?${query}`)
    t.equal(status, 400, query)
    t.match(
      json,
      { code: 'ParameterInvalid', message: json.detail, errors: [{ path: query.split('=')[0] }] },
      query
    )
  }
  t.equal((await get('/batches/checked?limit=5')).status, 400, 'the newest takes no limit')
  t.equal((await post('/batches/checked?version=1')).status, 400, 'its name is pipeline_version')
  t.match((await post('/batches/checked', { parameters: { a: 'b' } })).json, {
    status: 400,
    errors: [{ path: 'parameters' }]
  })
  t.same((await get('/batches/checked/')).json.items, {}, 'nothing ran')
})

t.test(
  'R003-7 R003-8 R003-12 R003-14 states: all steps from the first answer on, and whatever ended is stop',
  async t => {
    await pipeline(
      client,
      'slow',
      step('a', 'simpleBatchlet', 'b') + sleeping('b', 'c') + step('c', 'simpleBatchlet')
    )
    const id = await started(client, 'slow')
    const first = (await get(`/batches/slow/${id}`)).json.state
    t.match(first.state, /^(pending|running)$/)
    t.same(Object.keys(first.steps), ['a', 'b', 'c'], 'none of them missing from the first answer')
    t.equal(first.steps.c.state, 'none')
    const running = await until('b runs', async () => {
      const { state } = (await get(`/batches/slow/${id}`)).json
      return state.steps.b.state === 'running' ? state : null
    })
    t.match(running, {
      state: 'running',
      steps: { a: { state: 'success' }, c: { state: 'none', offsets: {} } }
    })
    await ask('PUT', `/batches/slow/${id}/stop`)
    const stopped = (await get(`/batches/slow/${id}`)).json.state
    t.match(stopped, {
      state: 'stop',
      steps: { a: { state: 'success' }, b: { state: 'failed' }, c: { state: 'none' } }
    })

    await pipeline(client, 'fails', step('a', 'failingBatchlet', 'b') + step('b', 'simpleBatchlet'))
    const failing = await started(client, 'fails')
    await client.ended(instanceOf(failing))
    t.match((await get('/batches/fails')).json.state, {
      state: 'stop',
      steps: { a: { state: 'failed' }, b: { state: 'none' } }
    })
    await app.http.inject({
      method: 'POST',
      url: `/api/v1/executions/${(await get(`/runs/${instanceOf(failing)}`)).json.executionId}/abandon`
    })
    t.equal((await get('/batches/fails')).json.state.state, 'stop', 'abandoned')
  }
)

t.test('R003-14 what waits for a thread is pending, what waits for its time is scheduled', async t => {
  const one = await buildApp(t, { BATCH_THREADS: '1' })
  const waiting = clientOf(one)
  await pipeline(waiting, 'long', sleeping('s'))
  const runs = await started(waiting, 'long')
  await until('it runs', async () => (await waiting.get('/batches/long')).json.state.state === 'running')
  const behind = await started(waiting, 'long')
  t.match((await waiting.get('/batches/long')).json, {
    id: behind,
    state: { state: 'pending', steps: { s: { state: 'none' } } }
  })
  const later = { com_ibm_ws_batch_message_deliveryDelay: { default: '600000' } }
  await pipeline(waiting, 'later', sleeping('s'), later)
  await started(waiting, 'later')
  t.match((await waiting.get('/batches/later')).json.state, {
    state: 'scheduled',
    steps: { s: { state: 'none' } }
  })
  for (const [name, id] of [
    ['long', runs],
    ['long', behind],
    ['later', 'batch-3']
  ])
    t.equal((await waiting.ask('PUT', `/batches/${name}/${id}/stop`)).status, 200)
})

t.test('R003-6 R003-12 offsets are what each partition has read as last committed', async t => {
  const plan = '<partition><plan partitions="3"/></partition>'
  const job =
    chunk('plain', { items: 35 }).replace('<step', '<step next="split"') + chunk('split', { items: 20 }, plan)
  await pipeline(client, 'offsets', job)
  const id = await started(client, 'offsets')
  await client.ended(instanceOf(id))
  t.same((await get(`/batches/offsets/${id}`)).json.state.steps, {
    plain: { state: 'success', offsets: { partition_0: 35 } },
    split: { state: 'success', offsets: { partition_0: 20, partition_1: 20, partition_2: 20 } }
  })
  const failAt = "#{jobParameters['fail.at']}?:;"
  await pipeline(client, 'broken', chunk('s', { items: 50, 'fail.at': failAt }), {
    'fail.at': { default: '37' }
  })
  const broken = await started(client, 'broken')
  await client.ended(instanceOf(broken))
  const failed = (await get('/batches/broken')).json.state
  t.same(failed, { state: 'stop', steps: { s: { state: 'failed', offsets: { partition_0: 30 } } } })
  const restart = `/ibm/api/batch/jobinstances/${instanceOf(broken)}?action=restart`
  await app.http.inject({ method: 'PUT', url: restart, payload: { jobParameters: { 'fail.at': '-5' } } })
  await until(
    'it has ended again',
    async () => (await get('/batches/broken')).json.state.steps.s.state === 'success'
  )
  t.same((await get('/batches/broken')).json.state.steps.s.offsets, { partition_0: 50 }, 'over its restart')
})

t.test(
  'R003-14 a restart counts as the batch it is of; steps that failed before have not begun in it',
  async t => {
    const gate = '<property name="force.failure" value="#{jobParameters[\'fails\']}?:true;"/>'
    await pipeline(client, 'again', sleeping('s', 'f') + step('f', 'failingBatchlet', null, gate))
    const id = await started(client, 'again')
    await until('s runs', async () => (await get('/batches/again')).json.state.steps.s.state === 'running')
    await ask('PUT', `/batches/again/${id}/stop`)
    t.match((await get('/batches/again')).json.state, { state: 'stop', steps: { s: { state: 'failed' } } })
    await app.http.inject({
      method: 'PUT',
      url: `/ibm/api/batch/jobinstances/${instanceOf(id)}?action=restart`
    })
    await until('s runs again', async () => {
      const { state } = (await get('/batches/again')).json
      t.match(state.steps.s.state, /^(none|running)$/, 'never failed while it may still begin')
      return state.steps.s.state === 'running'
    })
    t.equal((await get('/batches/again')).json.id, id)
    await ask('PUT', `/batches/again/${id}/stop`)
  }
)

t.test('a run by hand of the definition is a batch too; after its deletion they stay readable', async t => {
  await pipeline(client, 'gone', step('only', 'simpleBatchlet'))
  const { instanceId } = (await post('/definitions/gone/run')).json
  await client.ended(instanceId)
  t.equal((await get('/batches/gone')).json.id, `batch-${instanceId}`)
  await ask('DELETE', '/definitions/gone', { headers: { 'if-match': '*' } })
  t.equal((await get('/batches/gone')).json.id, `batch-${instanceId}`)
  t.equal((await post('/batches/gone')).status, 404)
})
