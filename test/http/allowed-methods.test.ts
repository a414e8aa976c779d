// Paths that exist, for methods they do not have.
import t from 'tap'
import { standIn } from './stand-in.ts'

const { http, asked } = standIn()
t.teardown(() => http.close())
const BATCH = '/ibm/api/batch'

t.test('a method a path does not have is 405 with Allow, in every version', async t => {
  for (const version of ['', '/v1', '/v2', '/v3', '/v4']) {
    const answer = await http.inject({ method: 'PATCH', url: `${BATCH}${version}/jobinstances` })
    t.equal(answer.statusCode, 405)
    const purges = ['/v2', '/v3', '/v4'].includes(version)
    t.equal(answer.headers['allow'], `${purges ? 'DELETE, ' : ''}GET, HEAD, OPTIONS, POST`)
    t.match(answer.json(), { code: 'MethodNotAllowed' })
  }
  const one = await http.inject({ method: 'DELETE', url: `${BATCH}/jobexecutions/5/` })
  t.equal(one.headers['allow'], 'GET, HEAD, OPTIONS, PUT')
})

t.test('methods the framework does not know are 405 as well', async t => {
  for (const method of ['PROPFIND', 'TRACE', 'QUERY']) {
    const answer = await http.inject({ method: method as 'GET', url: `${BATCH}/jobinstances/5` })
    t.equal(answer.statusCode, 405, method)
  }
})

t.test('a body in the wrong place is not read', async t => {
  const answer = await http.inject({
    method: 'PUT',
    url: `${BATCH}/jobinstances`,
    headers: { 'content-type': 'application/json' },
    payload: '{'
  })
  t.equal(answer.statusCode, 405)
})

t.test('OPTIONS is 204 with Allow and nothing else', async t => {
  const answer = await http.inject({ method: 'OPTIONS', url: `${BATCH}/v4/jobinstances/` })
  t.equal(answer.statusCode, 204)
  t.equal(answer.headers['allow'], 'DELETE, GET, HEAD, OPTIONS, POST')
  t.equal(answer.body, '')
})

t.test('jobexecutions alone exists, but can only be asked what it allows', async t => {
  const answer = await http.inject(`${BATCH}/jobexecutions`)
  t.equal(answer.statusCode, 405)
  t.equal(answer.headers['allow'], 'OPTIONS')
  t.equal((await http.inject({ method: 'OPTIONS', url: `${BATCH}/jobexecutions` })).statusCode, 204)
})

t.test('what is no path of the API is 404 for every method', async t => {
  const paths = [
    '/foo',
    '/v5/jobinstances',
    '/v2',
    '/stepexecutions',
    '/JobInstances',
    '//jobinstances',
    '/jobinstances/1/xyz',
    '/jobinstances/1/jobexecutions/0/stepexecutions',
    '/jobinstances/1/jobexecutions/1/jobinstance'
  ]
  for (const path of paths) {
    for (const method of ['GET', 'POST', 'OPTIONS'] as const) {
      const answer = await http.inject({ method, url: `${BATCH}${path}` })
      t.equal(answer.statusCode, 404, `${method} ${path}`)
      t.match(answer.json(), { code: 'NoSuchResource' })
    }
  }
})

t.test('none of this reached the operator', async t => {
  t.same(asked, [])
})
