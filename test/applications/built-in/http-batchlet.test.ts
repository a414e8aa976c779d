// httpBatchlet against a real web server: what is sent, what is retried, where redirects may lead, and what becomes of a stop.
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import type { Batchlet } from '../../../src/batch/artifacts.ts'
import { builtIn, type BuiltInOf } from './built-in.ts'
import { json, webServer } from './web-server.ts'

const call = async (of: BuiltInOf) => await builtIn<Batchlet>('httpBatchlet', of).process()
/** Nobody listens there: it was free a moment ago. */
async function closedOrigin(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}/`
}

const retrying = { retryDelayMillis: '1' }

t.test(
  'it sends method, headers, body and the key of its step, and its answer is the exit status',
  async t => {
    const server = await webServer(t, (_, response) => json(response, { job: { state: 'QUEUED', 'a/b': 7 } }))
    const properties = {
      url: `${server.origin}/jobs?x=1`,
      headers: '{"Authorization":"Bearer hush"}',
      body: '{"n":1}'
    }
    const lines: string[] = []
    t.equal(await call({ properties: { ...properties, exitStatus: '/job/state' }, lines }), 'QUEUED')
    t.match(server.asked[0], {
      method: 'POST',
      path: '/jobs?x=1',
      body: '{"n":1}',
      headers: {
        authorization: 'Bearer hush',
        'content-type': 'application/json',
        'idempotency-key': '7/step1'
      }
    })
    t.match(lines.join('\n'), /POST http:.*\/jobs\?… answered 200 after \d+ ms: {"job"/)
    t.notMatch(lines.join('\n'), /hush/)
    t.equal(
      await call({
        properties: { ...properties, exitStatus: '/job/a~1b' },
        injected: { partitionNumber: 3 }
      }),
      '7'
    )
    t.equal(server.asked[1]!.headers['idempotency-key'], '7/step1/3')
    t.equal(await call({ properties: { ...properties, exitStatus: 'status', method: 'put' } }), '200')
    t.equal(server.asked[2]!.headers['idempotency-key'], undefined)
    t.equal(await call({ properties: { url: server.origin } }), undefined)
    t.match(server.asked[3], { method: 'GET', path: '/' })
    await t.rejects(
      call({ properties: { url: server.origin, exitStatus: '/nothing' } }),
      /no exit status at \/nothing/
    )
    await t.rejects(
      call({ properties: { url: server.origin, exitStatus: '/job/state', maxResponseBytes: '5' } }),
      /longer than maxResponseBytes/
    )
  }
)

t.test('a status that was not expected fails the step', async t => {
  const server = await webServer(t, ({ path }, response) =>
    response.writeHead(Number(path.slice(1))).end('w\nhy')
  )
  const at = (status: number, more = {}) =>
    call({ properties: { url: `${server.origin}/${status}`, ...more } })
  await t.rejects(at(404), /answered 404, and expected was 2xx: w hy/)
  await t.rejects(at(404, { logResponse: 'false' }), /expected was 2xx\.$/)
  t.equal(await at(404, { expectedStatus: '200, 404-410', exitStatus: 'status' }), '404')
  t.equal(
    await at(302, { expectedStatus: '3XX', exitStatus: 'status' }),
    '302',
    'a redirect that leads nowhere'
  )
  await t.rejects(at(204, { expectedStatus: '200' }), /answered 204/)
  await t.rejects(at(200, { expectedStatus: 'ok' }), /expectedStatus has codes/)
})

t.test('properties that are wrong fail it before anything is sent', async t => {
  const server = await webServer(t, (_, response) => json(response, {}))
  const wrong: [Record<string, string>, RegExp][] = [
    [{ retires: '3' }, /has no property retires; its properties are url, method/],
    [{ method: 'CONNECT' }, /method must be one of/],
    [{ method: 'GET', body: 'x' }, /GET request has no body/],
    [{ headers: '{"Host":"internal"}' }, /header host cannot be given/],
    [
      { headers: '{"X-Key":"hu\\r\\nsh"}' },
      /^The value of the header x-key has characters that no header may have\.$/
    ],
    [{ headers: '{"a b":"x"}' }, /name that no header may have/],
    [{ headers: '{"a":hush}' }, /^The property headers is no JSON\.$/],
    [{ headers: '["a"]' }, /JSON object of strings/],
    [{ retries: '-1' }, /retries must be a whole number from 0 to 100, not -1/],
    [{ exitStatus: 'state' }, /exitStatus must be a JSON pointer/],
    [{ idempotent: 'yes' }, /idempotent must be true or false/]
  ]
  for (const [properties, message] of wrong)
    await t.rejects(call({ properties: { url: server.origin, ...properties } }), { message })
  await t.rejects(call({ properties: {} }), /property url is missing/)
  t.same(server.asked, [])
})

t.test('failures that may pass are retried, a POST only when it was certainly not done', async t => {
  let left = 2
  const server = await webServer(t, ({ path }, response) => {
    if (left-- > 0) response.writeHead(Number(path.slice(1)), { 'retry-after': '0' }).end()
    else json(response, {})
  })
  const run = async (status: number, more: Record<string, string>, failures = 2) => {
    left = failures
    const before = server.asked.length
    const properties = { url: `${server.origin}/${status}`, exitStatus: 'status', ...retrying, ...more }
    const end = await call({ properties }).catch((error: Error) => /answered (\d+)/.exec(error.message)?.[1])
    return [end, server.asked.length - before]
  }
  t.same(await run(503, {}), ['200', 3])
  t.same(await run(500, { retries: '1' }), ['500', 2])
  t.same(await run(429, { method: 'POST' }), ['200', 3])
  t.same(await run(503, { method: 'POST' }), ['503', 1], 'nobody knows whether it was done')
  t.same(await run(503, { method: 'POST', idempotent: 'true' }), ['200', 3])
  t.same(await run(404, {}), ['404', 1])
  t.same(await run(501, {}), ['501', 1])
  t.same(await run(503, { expectedStatus: '503' }), ['503', 1])
})

t.test(
  'a connection that fails is retried, and a server that does not answer in time fails the step',
  async t => {
    let left = 1
    const server = await webServer(t, ({ path }, response) => {
      if (path === '/silent') return
      if (left-- > 0) response.destroy()
      else json(response, {})
    })
    const lines: string[] = []
    await call({ properties: { url: server.origin, ...retrying }, lines })
    t.match(lines[0], /^GET http:.*: GET .*; attempt 2 of 4 in 1 ms\.$/)
    left = 1
    const post = { url: server.origin, method: 'POST', ...retrying }
    await t.rejects(call({ properties: post }), /POST http/, 'nobody knows whether it was done')
    t.equal(server.asked.length, 3)
    const silent = { url: `${server.origin}/silent`, timeoutSeconds: '1', retries: '0' }
    await t.rejects(call({ properties: silent }), /silent: no answer in 1 s/)
    const refused = { url: await closedOrigin(), method: 'POST', retries: '2', ...retrying }
    lines.length = 0
    await t.rejects(call({ properties: refused, lines }), /ECONNREFUSED/)
    t.equal(lines.length, 2)
  }
)

t.test('a Retry-After that is longer than a step should wait is not waited for', async t => {
  const server = await webServer(t, (_, response) =>
    response.writeHead(503, { 'retry-after': '86400' }).end()
  )
  await t.rejects(call({ properties: { url: server.origin } }), /answered 503/)
  t.equal(server.asked.length, 1)
})

t.test('a redirect is followed within the list only, and credentials do not follow it to others', async t => {
  const other = await webServer(t, (_, response) => json(response, { at: 'other' }))
  const server = await webServer(t, ({ path }, response) => {
    if (path === '/in/out') response.writeHead(302, { location: `${other.origin}/x` }).end()
    else if (path === '/in/up') response.writeHead(307, { location: '../secret' }).end()
    else if (path === '/in/loop') response.writeHead(302, { location: '/in/loop' }).end()
    else if (path === '/in/file') response.writeHead(302, { location: 'file:///etc/passwd' }).end()
    else if (path === '/in/see') response.writeHead(303, { location: '/in/seen' }).end()
    else json(response, { at: path })
  })
  const settings = { inlineURLs: [`${server.origin}/in`] }
  const at = (path: string, more: Partial<BuiltInOf> = {}) =>
    call({
      settings,
      properties: {
        url: `${server.origin}${path}`,
        exitStatus: '/at',
        headers: '{"X-Key":"hush"}',
        ...more.properties
      },
      ...(more.inline === undefined ? {} : { inline: more.inline })
    })
  for (const path of ['/in/out', '/in/up'])
    await t.rejects(at(path, { inline: true }), /BATCH_INLINE_URLS/, path)
  t.same(other.asked, [])
  t.notOk(server.asked.some(({ path }) => path === '/secret'))
  await t.rejects(at('/elsewhere', { inline: true }), /BATCH_INLINE_URLS/)
  await t.rejects(at('/in/file'), /no http or https URL/)
  await t.rejects(at('/in/loop'), /redirects too often/)
  t.equal(await at('/in/see', { inline: true, properties: { body: 'x' } }), '/in/seen')
  t.match(server.asked.at(-1), { method: 'GET', body: '', headers: { 'x-key': 'hush' } })
  t.equal(server.asked.at(-1)!.headers['content-type'], undefined)
  t.equal(await at('/in/out'), 'other', 'packaged JSL may go where it is led')
  t.equal(other.asked[0]!.headers['x-key'], undefined)
  t.equal(await at('/in/up'), '/secret')
})

t.test('a stop ends a call that is under way, and a pause between two', async t => {
  const stop = new AbortController()
  const reached = Promise.withResolvers<void>()
  const server = await webServer(t, ({ path }, response) => {
    if (path === '/503') response.writeHead(503).end()
    reached.resolve()
  })
  const running = call({ properties: { url: server.origin }, injected: { signal: stop.signal } })
  await reached.promise
  stop.abort(new Error('a stop was requested'))
  await t.rejects(running, /a stop was requested/)
  const again = new AbortController()
  const pausing = call({
    properties: { url: `${server.origin}/503`, retryDelayMillis: '600000' },
    injected: {
      signal: again.signal,
      log: { info() {}, warn: () => setImmediate(() => again.abort(new Error('stop'))), error() {} }
    }
  })
  await t.rejects(pausing, { name: 'AbortError' })
})
