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
