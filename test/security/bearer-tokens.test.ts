// Tokens: signed by the right keys, by the right issuer, for us, in time; and what happens when the keys cannot be had.
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import t from 'tap'
import { createBearerTokens } from '../../src/security/bearer-tokens.ts'
import { KeysAway, openKeySet } from '../../src/security/key-set.ts'

const ISSUER = 'https://login.example.com/'
const AUDIENCE = 'batchyard'
let now = Date.UTC(2026, 10, 24)
const clock = { now: () => now }
const seconds = () => Math.floor(now / 1000)

const ours = await generateKeyPair('RS256')
const theirs = await generateKeyPair('RS256')
const elliptic = await generateKeyPair('ES256')
const keys = {
  keys: [
    { ...(await exportJWK(ours.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' },
    { ...(await exportJWK(elliptic.publicKey)), kid: 'two', alg: 'ES256' }
  ]
}

let fetched = 0
let answers: 'keys' | 'fault' | 'nonsense' = 'keys'
const server = createServer((_request, reply) => {
  fetched++
  reply.statusCode = answers === 'fault' ? 500 : 200
  reply.end(answers === 'nonsense' ? 'sorry' : JSON.stringify(keys))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
t.teardown(() => void server.close())
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`

const complaints: Error[] = []
const checker = async (address = url, claims: Record<string, string> = {}) =>
  createBearerTokens({
    issuer: ISSUER,
    audience: AUDIENCE,
    userClaim: 'sub',
    rolesClaim: 'roles',
    groupsClaim: 'groups',
    ...claims,
    keys: await openKeySet(address, clock, error => complaints.push(error)),
    clock
  })

const good = (): JWTPayload => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'bob',
  exp: seconds() + 60,
  roles: ['batchSubmitter', 'somethingElse'],
  groups: ['finance']
})
const signed = (payload: JWTPayload, header: { kid?: string; alg?: string } = {}, key = ours.privateKey) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'one', ...header }).sign(key)

t.test('a token is a user with the roles we know and his groups', async t => {
  const tokens = await checker()
  const identity = { user: 'bob', roles: ['batchSubmitter'], groups: ['finance'] }
  t.same(await tokens.check(await signed(good())), { kind: 'user', identity })
  t.same(await tokens.check(await signed({ ...good(), aud: ['x', AUDIENCE] })), { kind: 'user', identity })
  t.same(await tokens.check(await signed(good(), { kid: 'two', alg: 'ES256' }, elliptic.privateKey)), {
    kind: 'user',
    identity
  })
})

t.test('roles, groups and user are taken from where the issuer puts them', async t => {
  const tokens = await checker(url, {
    userClaim: 'preferred_username',
    rolesClaim: 'realm_access.roles',
    groupsClaim: 'https://example.com/groups'
  })
  const payload = {
    ...good(),
    preferred_username: '이순신',
    realm_access: { roles: ['batchMonitor'] },
    'https://example.com/groups': 'a b,c'
  }
  t.same(await tokens.check(await signed(payload)), {
    kind: 'user',
    identity: { user: '이순신', roles: ['batchMonitor'], groups: ['a', 'b', 'c'] }
  })
})

t.test('a token without roles is a user who may nothing', async t => {
  const tokens = await checker()
  for (const roles of [undefined, null, 7, {}, [['batchAdmin']], [7], 'admin', '__proto__'])
    t.match(await tokens.check(await signed({ ...good(), roles } as JWTPayload)), {
      kind: 'user',
      identity: { roles: [] }
    })
})

t.test('a token that is wrong anywhere is refused, with a reason that quotes nothing of it', async t => {
  const tokens = await checker()
  const { exp: _, ...endless } = good()
  const { sub: __, ...nameless } = good()
  const secret = new TextEncoder().encode('x'.repeat(32))
  const whole = await signed(good())
  const [header, , signature] = whole.split('.')
  const wrong: Record<string, string> = {
    'another issuer': await signed({ ...good(), iss: 'https://evil.example/' }),
    'another audience': await signed({ ...good(), aud: 'someone-else' }),
    expired: await signed({ ...good(), exp: seconds() - 31 }),
    'never expires': await signed(endless),
    'not yet': await signed({ ...good(), nbf: seconds() + 60 }),
    nobody: await signed(nameless),
    'no name': await signed({ ...good(), sub: 'NOTSET' }),
    'control characters': await signed({ ...good(), sub: 'bob\nadmin' }),
    'another key': await signed(good(), {}, theirs.privateKey),
    'unknown key id': await signed(good(), { kid: 'nine' }),
    'shared secret': await new SignJWT(good()).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(secret),
    unsigned: new UnsecuredJWT(good()).encode(),
    'changed payload': `${header}.${Buffer.from(JSON.stringify({ ...good(), sub: 'admin' })).toString('base64url')}.${signature}`,
    nonsense: 'a.b.c',
    empty: ''
  }
  for (const [what, token] of Object.entries(wrong)) {
    const verdict = await tokens.check(token)
    t.equal(verdict.kind, 'wrong', what)
    t.match(verdict, { reason: /^the token is not accepted, / }, what)
    if (token !== '') t.notMatch(JSON.stringify(verdict), token)
  }
})

t.test('clocks may differ by half a minute', async t => {
  const tokens = await checker()
  t.match(await tokens.check(await signed({ ...good(), exp: seconds() - 20 })), { kind: 'user' })
  t.match(await tokens.check(await signed({ ...good(), nbf: seconds() + 20 })), { kind: 'user' })
})

t.test('keys are fetched once, and made-up key ids do not make us ask for each', async t => {
  const tokens = await checker()
  fetched = 0
  await tokens.check(await signed(good()))
  for (let at = 0; at < 10; at++) await tokens.check(await signed(good(), { kid: `made-up-${at}` }))
  await tokens.check(await signed(good()))
  t.ok(fetched <= 2, `${fetched}`)
})

t.test('when the keys cannot be had, a token is neither right nor wrong', async t => {
  for (const state of ['fault', 'nonsense'] as const) {
    answers = state
    await t.rejects((await checker()).check(await signed(good())), KeysAway, state)
  }
  answers = 'keys'
  await t.rejects((await checker('http://127.0.0.1:1/keys')).check(await signed(good())), KeysAway)
  t.match(await (await checker()).check(await signed(good())), { kind: 'user' }, 'and afterwards it is right')
})

t.test('keys come from a file too, which is read again when it changes', async t => {
  const directory = await mkdtemp(path.join(tmpdir(), 'batchyard-keys-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const file = path.join(directory, 'keys.json')
  await t.rejects(checker(file), /cannot be used/)
  await writeFile(file, JSON.stringify(keys))
  const tokens = await checker(file)
  t.match(await tokens.check(await signed(good())), { kind: 'user' })
  await writeFile(file, JSON.stringify({ keys: [{ ...(await exportJWK(theirs.publicKey)), kid: 'one' }] }))
  now += 2000
  t.match(await tokens.check(await signed(good())), { kind: 'wrong' })
  t.match(await tokens.check(await signed(good(), {}, theirs.privateKey)), { kind: 'user' })
  await writeFile(file, 'nonsense')
  now += 2000
  t.match(await tokens.check(await signed(good(), {}, theirs.privateKey)), { kind: 'user' })
  t.equal(complaints.length, 1)
})
