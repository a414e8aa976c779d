// Who is let in and how everybody else is told: over HTTP, with a users file and with tokens.
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import t from 'tap'
import { KeysAway } from '../../../src/security/key-set.ts'
import { createPasswords } from '../../../src/security/passwords.ts'
import { openUsersFile } from '../../../src/security/users.ts'
import { systemClock } from '../../../src/service/clock.ts'
import { as, writeUsersFile } from '../../support/users.ts'
import { standIn } from '../stand-in.ts'

const LIST = '/ibm/api/batch/jobinstances'
const directory = await mkdtemp(path.join(tmpdir(), 'batchyard-login-'))
t.teardown(() => rm(directory, { recursive: true }))
const users = await openUsersFile(await writeUsersFile(directory), pino({ level: 'silent' }), systemClock)
const passwords = await createPasswords(users, systemClock)

const lines: string[] = []
const log = { level: 'debug', stream: { write: (line: string) => void lines.push(line) } }
const { http, asked } = standIn(
  { jobInstances: async () => [] },
  { authentication: { passwords, tokens: null }, log, publicUrl: 'https://batch.example.com' }
)
t.teardown(() => http.close())

const get = (url: string, headers: Record<string, string> = {}) => http.inject({ url, headers })

t.test('without credentials the answer is 401 with a challenge, also where there is nothing', async t => {
  for (const url of [
    LIST,
    '/no/such/path',
    '/ibm/api/batch',
    `${LIST}/5`,
    '/metrics',
    '/api/v1/definitions'
  ]) {
    const answer = await get(url)
    t.equal(answer.statusCode, 401, url)
    t.same(answer.headers['www-authenticate'], ['Basic realm="ibm/api", charset="UTF-8"'])
    t.equal(answer.headers['content-type'], 'application/problem+json')
    t.equal(answer.json().code, 'CredentialsMissing')
  }
  t.same(asked, [])
})

t.test('a user and his password are the caller, with roles and groups', async t => {
  const answer = await get(LIST, as('gus'))
  t.equal(answer.statusCode, 200)
  t.match(asked.at(-1)?.at(-1), { user: 'gus', roles: ['batchGroupMonitor'], groups: ['finance', 'audit'] })
})

t.test('wrong credentials are 403, whether or not there is such a user', async t => {
  const answers = [
    await get(LIST, as('bob', 'wrong')),
    await get(LIST, as('eve', 'wrong')),
    await get('/no/such/path', as('bob', 'wrong'))
  ]
  for (const answer of answers) {
    t.equal(answer.statusCode, 403)
    t.equal(answer.json().code, 'CredentialsWrong')
    t.equal(answer.headers['www-authenticate'], undefined)
  }
  t.equal(answers[0]!.body, answers[1]!.body)
})

t.test('a header that cannot be read is 403, a scheme nobody knows is no credentials', async t => {
  for (const authorization of [
    'Basic',
    'Basic !!!',
    `Basic ${Buffer.from('bob').toString('base64')}`,
    'Bearer',
    'Bearer a b'
  ])
    t.equal((await get(LIST, { authorization })).statusCode, 403, authorization)
  for (const authorization of ['Digest username="bob"', 'Negotiate abc', 'Bearer a.b.c', ' '])
    t.equal((await get(LIST, { authorization })).statusCode, 401, authorization)
  t.equal(
    (await get(LIST, { authorization: as('bob').authorization.replace('Basic', 'bAsIc') })).statusCode,
    200
  )
})

t.test('passwords may have colons and any letters, in UTF-8 or as old clients send them', async t => {
  const seen: string[] = []
  const { http: door } = standIn(
    { jobInstances: async () => [] },
    {
      authentication: {
        passwords: {
          async check({ user, password }) {
            seen.push(`${user}|${password}`)
            return { kind: 'user', identity: { user, roles: [], groups: [] } }
          }
        },
        tokens: null
      }
    }
  )
  for (const encoding of ['utf8', 'latin1'] as const)
    await door.inject({
      url: LIST,
      headers: { authorization: `Basic ${Buffer.from('bob:a:é:', encoding).toString('base64')}` }
    })
  t.same(seen, ['bob|a:é:', 'bob|a:é:'])
})

t.test('probes and OPTIONS need no credentials', async t => {
  for (const url of ['/healthz', '/readyz', '/healthz/']) t.equal((await get(url)).statusCode, 200, url)
  t.equal((await http.inject({ method: 'OPTIONS', url: LIST })).statusCode, 204)
})

t.test('no spelling of a URL leads around the login', async t => {
  await http.listen({ port: 0, host: '127.0.0.1' })
  const { port } = http.server.address() as AddressInfo
  const answerTo = async (target: string) => {
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(await text(socket))?.[1])
  }
  for (const target of [
    `http://localhost?${LIST}`,
    `http://localhost#${LIST}`,
    `http://localhost${LIST}`,
    `http://x?/healthz${LIST}`,
    `/healthz/..${LIST}`,
    `/healthz/%2e%2e${LIST}`,
    `/healthz?${LIST}/../..`,
    `/docs/..${LIST}`,
    `/console/..%2f..${LIST}`,
    `//healthz${LIST}`,
    `/%69bm/api/batch/jobinstances`,
    `${LIST};/healthz`,
    `${LIST}?/healthz`
  ]) {
    const before = asked.length
    const status = await answerTo(target)
    t.ok([400, 401, 404].includes(status) || target.startsWith('/healthz?'), `${status} ${target}`)
    t.equal(asked.length, before, 'nobody was asked')
  }
})

t.test('after too many failures the answer is 429, with the seconds to wait', async t => {
  for (let at = 0; at < 5; at++) t.equal((await get(LIST, as('alice', `wrong${at}`))).statusCode, 403)
  const answer = await get(LIST, as('alice'))
  t.equal(answer.statusCode, 429)
  t.equal(answer.headers['retry-after'], '1')
  t.equal(answer.json().code, 'LoginsSlowedDown')
})

t.test('a page of another site changes nothing with the password its browser remembers', async t => {
  const post = async (headers: Record<string, string>) => {
    const answer = await http.inject({
      method: 'PUT',
      url: `${LIST}/1?action=stop`,
      headers: { ...as('bob'), ...headers }
    })
    return answer.statusCode === 403
  }
  const host = 'batch.internal:9080'
  t.ok(await post({ host, origin: 'https://evil.example' }))
  t.ok(await post({ host, origin: 'null' }))
  t.ok(await post({ host, 'sec-fetch-site': 'cross-site' }))
  t.ok(await post({ host, 'sec-fetch-site': 'same-site' }))
  t.notOk(await post({ host, origin: 'http://batch.internal:9080', 'sec-fetch-site': 'same-origin' }))
  t.notOk(await post({ host, origin: 'https://batch.example.com' }), 'behind its proxy')
  t.notOk(await post({ host }), 'no browser')
  t.equal((await get(LIST, { ...as('bob'), host, origin: 'https://evil.example' })).statusCode, 200, 'a read')
})

t.test('with tokens, a Bearer header is asked for too, and keys that cannot be had are 503', async t => {
  const { http: door } = standIn(
    { jobInstances: async () => [] },
    {
      authentication: {
        passwords,
        tokens: {
          async check(token) {
            if (token === 'away') throw new KeysAway('the keys that sign tokens cannot be fetched')
            if (token === 'good')
              return { kind: 'user', identity: { user: 'tom', roles: ['batchMonitor'], groups: [] } }
            return { kind: 'wrong', reason: 'the token is not accepted, it has expired' }
          }
        }
      }
    }
  )
  const status = async (token: string) =>
    (await door.inject({ url: LIST, headers: { authorization: `Bearer ${token}` } })).statusCode
  t.same((await door.inject(LIST)).headers['www-authenticate'], [
    'Basic realm="ibm/api", charset="UTF-8"',
    'Bearer realm="ibm/api"'
  ])
  t.equal(await status('good'), 200)
  t.equal(await status('old'), 403)
  t.equal(await status('away'), 503)
  t.equal((await door.inject({ url: LIST, headers: as('bob') })).statusCode, 200, 'passwords go on')
})

t.test('no secret stands in the log', async t => {
  const password = 'correct-horse-battery'
  await get(`${LIST}?jobParameter.dbPassword=${password}&access_token=${password}`, as('bob', password))
  await get(LIST, as(password, password))
  const all = lines.join('\n')
  t.match(all, 'a login failed')
  t.match(all, 'jobParameter.dbPassword=********')
  t.notMatch(all, password)
  t.notMatch(all, Buffer.from(`bob:${password}`).toString('base64'))
  t.notMatch(all, /Basic [A-Za-z0-9]/)
})
