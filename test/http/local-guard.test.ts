// What a server on loopback without users answers, and what it refuses: the way web pages reach it.
import t from 'tap'
import { standIn } from './stand-in.ts'

const { http } = standIn({}, { localOnly: true, publicUrl: 'https://batch.example.com' })
t.teardown(() => http.close())

async function status(headers: Record<string, string>, url = '/healthz'): Promise<number> {
  return (await http.inject({ url, headers })).statusCode
}

t.test('requests to loopback names and to the public host are answered, whatever their port', async t => {
  for (const host of [
    'localhost',
    'LocalHost:9080',
    '127.0.0.1:1',
    '127.8.9.1',
    '[::1]:9080',
    '[0:0::1]',
    'batch.example.com:443'
  ]) {
    t.equal(await status({ host }), 200, host)
  }
})

t.test('requests that name another host are refused, so DNS rebinding fails', async t => {
  const foreign = [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '128.0.0.1',
    '[::2]',
    '0.0.0.0',
    'localhost@evil.example',
    'localhost/x',
    'localhost:9080:1',
    'localhost, evil.example'
  ]
  for (const host of foreign) t.equal(await status({ host }), 403, host)
  t.equal(await status({ host: 'evil.example' }, '/no/such/path'), 403, 'also where there is nothing')
})

t.test('pages of other origins are refused', async t => {
  const host = 'localhost:9080'
  for (const origin of [
    'http://evil.example',
    'null',
    'http://localhost:3000',
    'http://127.0.0.1:9080',
    'file://localhost:9080',
    'chrome-extension://localhost:9080'
  ]) {
    t.equal(await status({ host, origin }), 403, origin)
  }
})

t.test("the server's own pages are answered", async t => {
  t.equal(
    await status({
      host: 'localhost:9080',
      origin: 'http://localhost:9080',
      'sec-fetch-site': 'same-origin'
    }),
    200
  )
  t.equal(await status({ host: 'localhost', origin: 'http://localhost' }), 200)
  t.equal(
    await status({ host: 'localhost:9080', origin: 'https://batch.example.com' }),
    200,
    'behind its proxy'
  )
})

t.test('what a browser calls cross-site or same-site is refused, an address typed in is not', async t => {
  const host = 'localhost:9080'
  t.equal(await status({ host, 'sec-fetch-site': 'cross-site' }), 403)
  t.equal(await status({ host, 'sec-fetch-site': 'same-site' }), 403)
  t.equal(await status({ host, 'sec-fetch-site': 'none' }), 200)
})

t.test('a refusal is a problem that says why', async t => {
  const answer = await http.inject({
    method: 'POST',
    url: '/ibm/api/batch/jobinstances',
    headers: { host: 'evil.example' }
  })
  t.equal(answer.headers['content-type'], 'application/problem+json')
  t.match(answer.json(), {
    status: 403,
    code: 'RequestForbidden',
    type: 'urn:batchyard:error:RequestForbidden'
  })
})

t.test('a server that is not only local answers to any host', async t => {
  const open = standIn().http
  t.teardown(() => open.close())
  t.equal((await open.inject({ url: '/healthz', headers: { host: 'batch.example.org' } })).statusCode, 200)
})
