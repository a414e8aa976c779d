// Requests that are nearly right, over HTTP on a whole server: forged tokens, numbers that are none, empty bodies, two filters.
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { until } from '../../support/until.ts'
import { clientOf, quickDefinition } from './scheduling-client.ts'

const app = await buildApp(t)
const client = clientOf(app)
const { get, post, put } = client
await quickDefinition(client)
await quickDefinition(client, 'other')
const when = { cron: '0 0 * * *' }
await post('/schedules', { name: 'nightly', definition: 'quick', when, overlap: 'allow' })

t.test('a token that no page gave is a 400, whatever is in it', async t => {
  const forged: readonly [string, string, readonly string[]][] = [
    ['/definitions', 'definitions', ['\u0000', 'a\ud800']],
    ['/schedules', 'schedules', ['\u0000', '\udc00']],
    ['/applications', 'applications', ['\u0000']],
    ['/definitions/quick/versions', 'versions of quick', ['abc', '1.5', '-1', '']],
    ['/definitions/quick/history', 'history of definition quick', ['abc', '1e400', 'NaN']],
    ['/schedules/nightly/history', 'history of schedule nightly', ['abc']],
    ['/schedules/history', 'history of schedules', ['abc']],
    ['/schedules/nightly/decisions', 'decisions of nightly', ['abc', '9'.repeat(16)]],
    ['/batches/quick/', 'batches of quick', ['abc', '99999999999999999999']]
  ]
  for (const [path, list, keys] of forged)
    for (const key of keys) {
      const token = Buffer.from(JSON.stringify([list, key])).toString('base64url')
      const { json, text } = await get(`${path}?token=${token}`)
      t.match(json, { status: 400, errors: [{ path: 'token' }] }, `${path} ${JSON.stringify(key)} ${text}`)
    }
  const far = Buffer.from(JSON.stringify(['versions of quick', '99999999999'])).toString('base64url')
  t.equal((await get(`/definitions/quick/versions?token=${far}`)).status, 200, 'a version that never will be')
})

t.test('a number in a query is a whole one, and never rounded', async t => {
  const paths = [
    ['/definitions?limit=', 'limit'],
    ['/definitions/quick?version=', 'version'],
    ['/definitions/quick/jsl?version=', 'version'],
    ['/schedules/nightly/next?count=', 'count'],
    ['/schedules/history?limit=', 'limit'],
    ['/batches/quick/?limit=', 'limit'],
    ['/audit?limit=', 'limit'],
    ['/jobs?maxResults=', 'maxResults']
  ] as const
  for (const [url, path] of paths)
    for (const number of ['1.9', 'true', '1e0', '0x1', '', '%201', 'x']) {
      const { json } = await get(`${url}${number}`)
      t.match(json, { status: 400, errors: [{ path, message: 'must be integer' }] }, `${url}${number}`)
    }
  for (const [url] of paths) t.equal((await get(`${url}1`)).status, 200, url)
  t.equal((await post('/definitions/quick/run?version=1.9')).status, 400, 'nothing runs')
  t.same((await get('/definitions/quick/history')).json.items, [])
})

t.test('what needs no body takes an empty one with the Content-Type of one', async t => {
  const empty = async (method: 'POST' | 'PUT', path: string) => {
    const headers = { 'content-type': 'application/json', 'content-length': '0' }
    const answer = await app.http.inject({ method, url: `/api/v1${path}`, headers, payload: '' })
    return [answer.statusCode, answer.json()] as const
  }
  const cases = [
    ['POST', '/schedules/nightly/activate', 200],
    ['POST', '/schedules/nightly/deactivate', 200],
    ['POST', '/schedules/nightly/run', 201],
    ['POST', '/definitions/quick/run', 201],
    ['POST', '/batches/quick', 200],
    ['PUT', '/batches/quick/batch-999999/stop', 404],
    ['POST', '/executions/999999/abandon', 404]
  ] as const
  for (const [method, path, status] of cases) t.equal((await empty(method, path))[0], status, path)
  t.match(await empty('POST', '/definitions'), [400, { errors: [{ path: 'body' }] }])
  t.match(await empty('PUT', '/maintenance'), [400, { errors: [{ path: 'body' }] }])
})

t.test('a body that is no UTF-8 is refused, not mended', async t => {
  const payload = Buffer.concat([Buffer.from('{"description":"'), Buffer.from([0xff]), Buffer.from('"}')])
  const headers = { 'content-type': 'application/json', 'if-match': '*' }
  const answer = await app.http.inject({
    method: 'PATCH',
    url: '/api/v1/definitions/quick',
    headers,
    payload
  })
  t.match(answer.json(), { status: 400, code: 'BodyInvalid' })
  t.match((await get('/definitions/quick')).json, { description: null })
})

t.test('next times are at most as many as a list has', async t => {
  const { status, json } = await get('/schedules/nightly/next?count=1000')
  // Fewer where they take more than a second, on a machine that does much else.
  t.match([status, json.items.length > 0 && json.items.length <= 1000], [200, true])
  t.match((await get('/schedules/nightly/next?count=1001')).json, {
    status: 400,
    errors: [{ path: 'count' }]
  })
})

t.test('filters of a history narrow each other', async t => {
  const { instanceId } = (await post('/schedules/nightly/run')).json
  await client.ended(instanceId)
  const found = async (path: string) =>
    (await get(path)).json.items.map((run: { instanceId: number }) => run.instanceId)
  const all = '/schedules/history?name=night*'
  t.ok((await found(all)).includes(instanceId))
  t.same(await found(`${all}&schedule=nightly`), await found(all))
  t.same(await found(`${all}&schedule=n*x`), [])
  t.same(await found('/schedules/history?name=x&schedule=nightly'), [])
  const ofQuick = '/definitions/quick/history?schedule=nightly'
  t.same(await found(`${ofQuick}&definition=q*`), await found(ofQuick))
  t.same(await found(`${ofQuick}&definition=other`), [])
  t.same(await found('/schedules/nightly/history?definition=other'), [])
})

t.test('the times of a run that are shown find it: both ends are inside', async t => {
  const { instanceId, createTime } = (await post('/definitions/other/run')).json
  await client.ended(instanceId)
  const found = async (query: string) =>
    (await get(`/definitions/other/history?${query}`)).json.items.map(
      (run: { instanceId: number }) => run.instanceId
    )
  t.same(await found(`from=${createTime}&to=${createTime}`), [instanceId])
  const moved = (ms: number) => new Date(Date.parse(createTime) + ms).toISOString()
  t.same(await found(`to=${moved(-1)}`), [])
  t.same(await found(`from=${moved(1)}`), [])
})

t.test('all that is wrong is told at once, whether a schema sees it or not', async t => {
  const told = async (method: 'POST' | 'PUT', path: string, body: object, paths: readonly string[]) => {
    const { json, text } = await client.ask(method, path, { body, headers: { 'if-match': '*' } })
    t.match(json, { status: 400, code: 'ParameterInvalid' }, text)
    const found = (json.errors as { path: string }[]).map(each => each.path)
    t.same([...new Set(found)].toSorted(), paths, text)
  }
  await told(
    'POST',
    '/schedules',
    {
      name: 'no name',
      definition: 'nobody',
      when: { cron: '99 * * * *' },
      timeZone: 'Mars/Olympus',
      overlap: 'maybe',
      start: 'tomorrow',
      deadlines: { startWithinSeconds: 5, endWithinSeconds: 4 },
      colour: 'red'
    },
    [
      'colour',
      'deadlines.endWithinSeconds',
      'definition',
      'name',
      'overlap',
      'start',
      'timeZone',
      'when.cron'
    ]
  )
  await told(
    'POST',
    '/schedules',
    { name: 'history', definition: 'quick', missed: 'x', parameters: { a: 1 } },
    ['missed', 'name', 'parameters.a', 'when']
  )
  await told(
    'POST',
    '/schedules',
    { name: 'x', definition: 'quick', version: 7, label: 5, when: { cron: 'x' } },
    ['label', 'version', 'when.cron']
  )
  await told('PUT', '/schedules/nightly', { when: { rrule: 'FREQ=X' }, end: '5', state: 'Active' }, [
    'end',
    'state',
    'when.rrule'
  ])
  await told('POST', '/schedules/preview', { when: { cron: 'x' }, timeZone: 'X/Y', from: '5', count: 0 }, [
    'count',
    'from',
    'timeZone',
    'when.cron'
  ])
  await told('POST', '/definitions', { name: 'no name', application: 'Nowhere', jsl: '<job/>' }, [
    'application',
    'jsl',
    'name'
  ])
  await told('POST', '/definitions', { name: 'x', application: 'Nowhere', jsl: '<job/>' }, [
    'application',
    'jsl'
  ])
  await told(
    'POST',
    '/definitions',
    { application: 'SimpleBatchJob', jobXMLName: 'nope', parameters: { a: 1 } },
    ['jobXMLName', 'name', 'parameters.a']
  )
  await told('POST', '/definitions', { name: 'x', application: 'Nowhere', colour: 'red' }, [
    'application',
    'colour',
    'jobXMLName'
  ])
  await told('POST', '/definitions/quick/versions', { jsl: '<job/>', name: 'x' }, ['jsl', 'name'])
  await told('POST', '/definitions/quick/versions', { jsl: 5 }, ['jsl'])
  t.equal((await get('/schedules/nightly')).json.when.cron, '0 0 * * *', 'nothing was changed')
  const more = await post('/schedules?colour=red', { name: 'x', definition: 'quick', when })
  t.match(more.json, { status: 400, errors: [{ path: 'colour' }] })
})

t.test('whatever is wrong with the source of a definition is told with its field', async t => {
  const refused = async (more: object, code: string, path: string) => {
    const { json } = await post('/definitions', { name: 'x', application: 'SimpleBatchJob', ...more })
    t.match(json, { status: 400, code, errors: [{ path, message: String }] }, JSON.stringify(more))
    t.equal((await get('/definitions/x')).status, 404)
    return json
  }
  const jsl =
    '<job id="j" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">\n<step id="a" next="b"/></job>'
  await refused({ application: 'Nowhere', jobXMLName: 'test_noop' }, 'ApplicationUnknown', 'application')
  const right = jsl.replace('next="b"/>', '><batchlet ref="b"/></step>')
  await refused({ application: 'Nowhere', jsl: right }, 'ApplicationUnknown', 'application')
  await refused({ application: 'Batchyard', jsl: right }, 'ApplicationUnknown', 'application')
  await refused({ jobXMLName: 'nope' }, 'JobXMLUnknown', 'jobXMLName')
  await refused({ jobXMLName: '../x' }, 'JobXMLNameInvalid', 'jobXMLName')
  const { problems, errors } = await refused({ jsl }, 'JslInvalid', 'jsl')
  t.equal(errors.length, problems.length)
  const [{ line, column, message }] = problems
  t.same(errors[0], { path: 'jsl', message: `${line}:${column} ${message}` })
  t.match(
    (await post('/definitions/quick/versions', { jsl: '<job/>' })).json,
    { status: 400, code: 'JslInvalid', errors: [{ path: 'jsl' }] },
    'of a version too'
  )
})

t.test('another reason of a maintenance is in the audit; saying the same again is nothing', async t => {
  for (const change of [
    { on: true, reason: 'upgrade' },
    { on: true, reason: 'upgrade' },
    { on: true, reason: 'it takes longer' },
    { on: false },
    { on: false }
  ])
    t.equal((await put('/maintenance', change)).status, 200)
  const audited = await until('three changes are audited', async () => {
    const { items } = (await get('/audit?what=maintenance.*')).json as {
      items: { what: string; reason: string | null }[]
    }
    return items.length >= 3 ? items : null
  })
  t.same(
    audited.map(({ what, reason }) => [what, reason]),
    [
      ['maintenance.off', null],
      ['maintenance.on', 'it takes longer'],
      ['maintenance.on', 'upgrade']
    ]
  )
})
