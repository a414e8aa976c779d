// Without this a secret could be shown for the spelling of its name.
import t from 'tap'
import {
  isSecretName,
  MASK,
  maskedParameters,
  SECRET_WORDS,
  secretWordsWith,
  unmaskedParameters
} from '../../src/batch/secret-parameters.ts'

t.test('names that look secret are, in any case and with any separators', async t => {
  for (const name of [
    'password',
    'DB_PASSWORD',
    'userPasswd',
    'client-secret',
    'accessToken',
    'credentials',
    'apiKey',
    'API_KEY',
    'api.key',
    'Private Key',
    'dbPwd',
    'pass_phrase'
  ])
    t.ok(isSecretName(name), name)
  for (const name of ['user', 'inputFile', 'key', 'pass', 'passenger', 'primaryKey'])
    t.notOk(isSecretName(name), name)
})

t.test('other words than the usual ones can be configured', async t => {
  t.ok(isSecretName('Konto-Nummer', ['kontonummer']))
  t.notOk(isSecretName('password', ['kontonummer']))
  t.same(maskedParameters({ pin: '1', password: 'x' }, ['pin']), { pin: MASK, password: 'x' })
})

t.test('a name that is declared secret is one, and what has it in itself is none', async t => {
  const words = secretWordsWith(SECRET_WORDS, ['pin', 'Db-User', '-'])
  for (const name of ['pin', 'PIN', 'dbUser', 'db.user', 'password', '_'])
    t.ok(isSecretName(name, words), name)
  for (const name of ['shipping', 'pins', 'dbUsers', 'user', 'region'])
    t.notOk(isSecretName(name, words), name)
})

t.test('values of secret parameters are masked, all others are as they were, in their order', async t => {
  const shown = maskedParameters({ zone: 'a', password: 'x', user: 'bob' })
  t.same(Object.entries(shown), [
    ['zone', 'a'],
    ['password', MASK],
    ['user', 'bob']
  ])
})

t.test('a parameter named __proto__ is one like any other', async t => {
  const shown = maskedParameters(JSON.parse('{"__proto__":"p","token":"x"}') as Record<string, string>)
  t.same(Object.entries(shown), [
    ['__proto__', 'p'],
    ['token', MASK]
  ])
})

t.test('a mask that is sent back means the value as it was', async t => {
  const before = { password: 'x', day: '1' }
  t.same(unmaskedParameters({ password: MASK, day: '2' }, before), { password: 'x', day: '2' })
  t.same(unmaskedParameters({ password: 'y' }, before), { password: 'y' }, 'a new value is a new value')
  t.same(unmaskedParameters({ token: MASK }, before), { token: MASK }, 'there was none')
  t.same(unmaskedParameters({ day: MASK }, before), { day: MASK }, 'no secret: eight stars')
})
