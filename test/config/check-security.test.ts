// Half a configuration of tokens, groups or TLS is refused, and each refusal names its setting.
import t from 'tap'
import { ConfigInvalid, readConfig } from '../../src/config/config.ts'

const problemsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    readConfig(environment, '/srv')
    return []
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems
    throw error
  }
}

const TOKENS = { BATCH_JWT_JWKS: 'https://x/keys', BATCH_JWT_ISSUER: 'https://x', BATCH_JWT_AUDIENCE: 'b' }
const FILES = { BATCH_TLS_CERT: 'c.pem', BATCH_TLS_KEY: '/k.pem' }

t.test('with users or tokens the server may listen on any address', async t => {
  for (const users of [{ BATCH_USERS_FILE: 'users' }, TOKENS]) {
    const config = readConfig({ BATCH_HOST: '0.0.0.0', ...users }, '/srv')
    t.equal(config.hasUsers, true)
  }
  t.match(problemsOf({ BATCH_HOST: '0.0.0.0' }), [/BATCH_USERS_FILE or BATCH_JWT_JWKS/])
  t.equal(readConfig({}, '/srv').hasUsers, false)
})

t.test('files are absolute from the working directory, a key set by URL stays one', async t => {
  t.match(readConfig({ BATCH_USERS_FILE: 'users', ...FILES }, '/srv'), {
    BATCH_USERS_FILE: '/srv/users',
    BATCH_TLS_CERT: '/srv/c.pem',
    BATCH_TLS_KEY: '/k.pem'
  })
  t.equal(readConfig({ ...TOKENS, BATCH_JWT_JWKS: 'keys.json' }, '/srv').BATCH_JWT_JWKS, '/srv/keys.json')
  t.equal(readConfig(TOKENS, '/srv').BATCH_JWT_JWKS, 'https://x/keys')
})

t.test('tokens need keys, issuer and audience, and keys that nobody on the way can change', async t => {
  t.match(problemsOf({ ...TOKENS, BATCH_JWT_ISSUER: '' }), [/^BATCH_JWT_ISSUER/])
  t.match(problemsOf({ ...TOKENS, BATCH_JWT_AUDIENCE: '' }), [/^BATCH_JWT_AUDIENCE/])
  t.match(problemsOf({ ...TOKENS, BATCH_JWT_JWKS: '' }), [/^BATCH_JWT_ISSUER/, /^BATCH_JWT_AUDIENCE/])
  t.match(problemsOf({ ...TOKENS, BATCH_JWT_JWKS: 'http://keys.example/x' }), [/use https/])
  t.match(problemsOf({ ...TOKENS, BATCH_JWT_JWKS: 'https://' }), [/no URL/])
  t.same(problemsOf({ ...TOKENS, BATCH_JWT_JWKS: 'http://127.0.0.1:1/x' }), [])
})

t.test('a certificate and its key alone mean TLS; one without the other is refused', async t => {
  t.equal(readConfig(FILES, '/srv').BATCH_TLS, 'files')
  t.equal(readConfig({ ...FILES, BATCH_TLS: 'files' }, '/srv').BATCH_TLS, 'files')
  t.match(problemsOf({ BATCH_TLS: 'files', BATCH_TLS_CERT: 'c' }), [/^BATCH_TLS_KEY/])
  t.match(problemsOf({ BATCH_TLS_CERT: 'c' }), [/^BATCH_TLS_CERT/])
  t.match(problemsOf({ ...FILES, BATCH_TLS: 'off' }), [/^BATCH_TLS_CERT/, /^BATCH_TLS_KEY/])
  t.match(problemsOf({ BATCH_HTTP_PORT: '80' }), [/^BATCH_HTTP_PORT/])
  t.match(problemsOf({ BATCH_TLS: 'on' }), [/^BATCH_TLS: on/])
})

t.test('operation groups are by *, application or job; words of secrets have letters', async t => {
  t.match(problemsOf({ BATCH_OPERATION_GROUPS: '{"nightly":"a"}' }), [/^BATCH_OPERATION_GROUPS: nightly/])
  t.same(problemsOf({ BATCH_OPERATION_GROUPS: '{"job:n":"a","application:b":"c","*":"d"}' }), [])
  t.match(problemsOf({ BATCH_SECRET_PARAMETERS: 'pin,-' }), [/^BATCH_SECRET_PARAMETERS: -/])
  t.same(readConfig({ BATCH_SECRET_PARAMETERS: 'Konto-Nr, pin' }).BATCH_SECRET_PARAMETERS, ['kontonr', 'pin'])
})
