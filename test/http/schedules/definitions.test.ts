// Job definitions over HTTP on a whole server: registered, versioned, described, run, deleted.
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { clientOf, quickDefinition, sleepyDefinition } from './scheduling-client.ts'

const app = await buildApp(t)
const client = clientOf(app)
const { ask, get, post } = client

const TWO_STEPS = { application: 'SimpleBatchJob', jobXMLName: 'test_twoSteps' }

t.test('R000-2 a definition is registered from an application’s own JSL, which is copied', async t => {
  const created = await post('/definitions', {
    name: 'sales-pipeline',
    description: 'Sales',
    ...TWO_STEPS,
    parameters: {
      region: { default: 'EU', required: false, secret: false, description: 'Where' },
      pin: { secret: true, default: '1234' }
    }
  })
  t.equal(created.status, 201)
  t.equal(created.headers['location'], '/api/v1/definitions/sales-pipeline')
  t.match(created.headers['etag'], /^"\d+"$/)
  t.match(created.json, {
    name: 'sales-pipeline',
    version: 1,
    latestVersion: 1,
    description: 'Sales',
    application: 'SimpleBatchJob',
    jobXMLName: 'test_twoSteps',
    steps: ['step1', 'step2'],
    parameters: {
      region: { default: 'EU', required: false, secret: false, description: 'Where' },
      pin: { default: '********', required: false, secret: true, description: null }
    },
    createTime: /^\d{4}-.*T.*\.\d{3}Z$/,
    createdBy: 'NOTSET',
    system: false
  })
  t.same((await get('/definitions/sales-pipeline')).json, created.json)
  const jsl = await get('/definitions/sales-pipeline/jsl')
  t.equal(jsl.headers['content-type'], 'application/xml; charset=UTF-8')
  t.match(jsl.text, /<job[\s\S]*step2/)
  t.match((await post('/definitions', { name: 'sales-pipeline', ...TWO_STEPS })).json, {
    status: 409,
    code: 'DefinitionExists'
  })
})

t.test('what is wrong with a registration is said with its place, and nothing is stored', async t => {
  const broken = await post('/definitions', {
    name: 'broken',
    application: 'SimpleBatchJob',
    jsl: '<job id="j"><step/></job>'
  })
  t.match(broken.json, { status: 400, code: 'JslInvalid' })
  t.ok(broken.json.problems.length > 0)
  t.match(broken.json.problems[0], { line: Number, column: Number, message: String })
  t.equal((await get('/definitions/broken')).status, 404)
  const cases: readonly [object, string][] = [
    [{ name: '-x', ...TWO_STEPS }, 'name'],
    [{ name: 'a'.repeat(129), ...TWO_STEPS }, 'name'],
    [{ name: 'x', ...TWO_STEPS, colour: 'red' }, 'colour'],
    [{ name: 'x', application: 'SimpleBatchJob' }, 'jobXMLName'],
    [{ name: 'x', ...TWO_STEPS, jsl: '<job/>' }, 'jsl'],
    [{ name: 'x', ...TWO_STEPS, parameters: { a: { default: 5 } } }, 'parameters.a.default'],
    [{ name: 'x', ...TWO_STEPS, parameters: { a: { mask: true } } }, 'parameters.a.mask'],
    [{ ...TWO_STEPS }, 'name']
  ]
  for (const [body, path] of cases) {
    const { status, json } = await post('/definitions', body)
    t.equal(status, 400, JSON.stringify(body))
    t.match(json.errors?.[0]?.path, path)
  }
  t.equal((await post('/definitions', { name: 'x', application: 'Nowhere', jobXMLName: 'a' })).status, 400)
  t.equal(
    (await post('/definitions', { name: 'x', application: 'SimpleBatchJob', jobXMLName: 'nope' })).status,
    400
  )
  t.equal(
    (await post('/definitions', { name: 'x', application: 'SimpleBatchJob', jobXMLName: '../x' })).status,
    400
  )
  const nul = await post('/definitions', { name: 'x', ...TWO_STEPS, description: 'a\u0000b' })
  t.match(nul.json, { status: 400, code: 'TextInvalid' })
})

t.test('versions are immutable and numbered; a default that no run could take is refused', async t => {
  await quickDefinition(client, 'versioned')
  const second = await post('/definitions/versioned/versions', { jobXMLName: 'test_twoSteps' })
  t.equal(second.status, 201)
  t.match(second.json, {
    version: 2,
    latestVersion: 2,
    jobXMLName: 'test_twoSteps',
    steps: ['step1', 'step2']
  })
  t.match((await get('/definitions/versioned?version=1')).json, {
    version: 1,
    latestVersion: 2,
    jobXMLName: null,
    steps: ['only']
  })
  t.match((await get('/definitions/versioned/jsl?version=1')).text, /id="only"/)
  t.match((await get('/definitions/versioned?version=3')).json, {
    status: 404,
    code: 'NoSuchDefinitionVersion'
  })
  t.same(
    (await get('/definitions/versioned/versions')).json.items.map((one: { version: number }) => one.version),
    [2, 1]
  )
  const first = await get('/definitions/versioned/versions?limit=1')
  const rest = await get(`/definitions/versioned/versions?limit=1&token=${first.json.nextToken}`)
  t.match([first.json.items[0].version, rest.json.items[0].version, rest.json.nextToken], [2, 1, null])
  const jsl = `<job id="j" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"><step id="s"><chunk item-count="#{jobParameters['n']}">
    <reader ref="r"/><writer ref="w"/></chunk></step></job>`
  const bad = await post('/definitions/versioned/versions', { jsl, parameters: { n: { default: 'many' } } })
  t.match(bad.json, { status: 400, code: 'JslInvalid' })
  t.equal(
    (await post('/definitions/versioned/versions', { jsl, parameters: { n: { required: true } } })).status,
    201
  )
  t.equal((await post('/definitions/unknown/versions', { jsl })).status, 404)
})

t.test('a secret default is kept by its mask, and told by no later version', async t => {
  await quickDefinition(client, 'secretive', {
    pin: { secret: true, default: '1234' },
    shipping: { default: 'air' }
  })
  const version = async (pin: object) =>
    await post('/definitions/secretive/versions', { jobXMLName: 'test_noop', parameters: { pin } })
  const shown = await get('/definitions/secretive')
  t.match(shown.json.parameters, { pin: { default: '********' }, shipping: { default: 'air' } })
  t.match((await version({ default: '********' })).json, {
    status: 400,
    errors: [{ path: 'parameters.pin.default' }]
  })
  t.match((await version({ default: '********', secret: true })).json, { version: 2 })
  t.match((await version({ default: '5678' })).json.parameters, { pin: { default: '5678' } })
  const when = { cron: '0 0 * * *' }
  const parameters = { pin: '9', shipping: 'sea', pins: 'two' }
  const schedule = { name: 'secretive', definition: 'secretive', version: 1, when, parameters }
  t.same(
    (await post('/schedules', schedule)).json.parameters,
    { ...parameters, pin: '********' },
    'what only has its name in it is no secret'
  )
})

t.test(
  'a list is by name, in pages that new ones do not disturb, filtered by name with an asterisk',
  async t => {
    for (const name of ['list.a', 'list.b', 'list.d', 'list_x', 'LIST.A']) await quickDefinition(client, name)
    const names = (answer: { json: { items: { name: string }[] } }) =>
      answer.json.items.map(({ name }) => name)
    const first = await get('/definitions?name=list.*&limit=2')
    t.same(names(first), ['list.a', 'list.b'])
    await quickDefinition(client, 'list.c')
    const second = await get(`/definitions?name=list.*&limit=2&token=${first.json.nextToken}`)
    t.same(names(second), ['list.c', 'list.d'])
    t.equal(second.json.nextToken, null)
    t.same(names(await get('/definitions?name=*_x')), ['list_x'])
    t.match((await get('/definitions?token=rubbish')).json, { status: 400, errors: [{ path: 'token' }] })
    const foreign = await get('/definitions/versioned/versions?limit=1')
    t.equal((await get(`/definitions?token=${foreign.json.nextToken}`)).status, 400)
    t.equal((await get('/definitions?limit=0')).status, 400)
    t.equal((await get('/definitions?limit=1001')).status, 400)
    t.match((await get('/definitions?colour=red')).json, { status: 400, errors: [{ path: 'colour' }] })
  }
)

t.test('a description changes for whoever has seen the present one', async t => {
  await quickDefinition(client, 'described')
  const patch = (headers: Record<string, string>, body: unknown = { description: 'new' }) =>
    ask('PATCH', '/definitions/described', { body, headers })
  t.match((await patch({})).json, { status: 428, code: 'PreconditionMissing' })
  t.match((await patch({ 'if-match': '"999"' })).json, { status: 412, code: 'PreconditionFailed' })
  t.equal((await patch({ 'if-match': 'rubbish' })).status, 412)
  t.equal((await patch({ 'if-match': 'W/"1"' })).status, 412)
  const tag = String((await get('/definitions/described')).headers['etag'])
  t.equal((await patch({ 'if-match': tag }, { description: 'x', name: 'y' })).status, 400)
  const done = await patch({ 'if-match': `"7", ${tag}` })
  t.match(done.json, { description: 'new', version: 1 })
  t.not(done.headers['etag'], tag)
  t.equal((await patch({ 'if-match': tag })).status, 412)
  t.equal((await patch({ 'if-match': '*' }, { description: null })).status, 200)
  t.equal((await ask('PATCH', '/definitions/none', { body: { description: 'x' } })).status, 404)
})

t.test('a definition in use is not deleted; a deleted one keeps its history and its numbers', async t => {
  await sleepyDefinition(client, 'doomed')
  const { instanceId } = (await post('/definitions/doomed/run')).json
  const remove = (headers: Record<string, string> = {}) => ask('DELETE', '/definitions/doomed', { headers })
  t.match((await remove()).json, { status: 409, code: 'DefinitionInUse' })
  await app.http.inject({ method: 'PUT', url: `/ibm/api/batch/jobinstances/${instanceId}?action=stop` })
  await client.ended(instanceId)
  await post('/schedules', { name: 'of-doomed', definition: 'doomed', when: { cron: '0 0 * * *' } })
  t.match((await remove()).json, { status: 409, code: 'DefinitionInUse', detail: /of-doomed/ })
  await ask('DELETE', '/schedules/of-doomed')
  t.equal((await remove({ 'if-match': '"77"' })).status, 412)
  const gone = await remove()
  t.equal(gone.status, 204)
  t.equal(gone.text, '')
  t.equal((await remove()).status, 404)
  t.equal((await get('/definitions/doomed')).status, 404)
  t.match((await get('/definitions/doomed/history')).json.items, [{ instanceId, version: 1 }])
  t.match((await get(`/runs/${instanceId}`)).json.steps, [{ stepName: 's' }])
  await quickDefinition(client, 'doomed')
  t.match((await get('/definitions/doomed')).json, { version: 2, latestVersion: 2 })
  t.equal((await get('/definitions/doomed?version=1')).status, 200)
  t.equal((await get('/definitions/never/history')).status, 404)
})

t.test('a definition is deleted or run, never both at one moment', async t => {
  for (let round = 0; round < 10; round++) {
    const name = `contested-${round}`
    await sleepyDefinition(client, name)
    const [run, removed] = await Promise.all([
      post(`/definitions/${name}/run`),
      ask('DELETE', `/definitions/${name}`)
    ])
    const outcome = `${run.status} ${removed.status}`
    t.ok(['201 409', '404 204'].includes(outcome), `${outcome} ${run.text} ${removed.text}`)
    if (run.status !== 201) continue
    const { instanceId } = run.json
    await app.http.inject({ method: 'PUT', url: `/ibm/api/batch/jobinstances/${instanceId}?action=stop` })
    await client.ended(instanceId)
  }
})
