// Without this a secret could slip into a log in some spelling.
import t from 'tap'
import { isSecretName, maskedParameters, withoutSecrets } from '../../src/joblog/masked-parameters.ts'

t.test('names that look secret are masked in any case', async t => {
  for (const name of [
    'password',
    'DB_PASSWORD',
    'userPasswd',
    'client-secret',
    'accessToken',
    'credentials',
    'apiKey',
    'API_KEY'
  ])
    t.ok(isSecretName(name), name)
  for (const name of ['user', 'inputFile', 'key', 'pass']) t.notOk(isSecretName(name), name)
  t.same(maskedParameters({ user: 'bob', password: 'x' }), { user: 'bob', password: '********' })
})

t.test('values of secret parameters vanish from a text, escaped or not', async t => {
  const secret = `a<b>&"c'*$1`
  const parameters = { dbPassword: secret, token: 'a<b>', passwd: '', user: 'bob' }
  const escaped = 'a&lt;b&gt;&amp;&quot;c&apos;*$1'
  t.equal(withoutSecrets(`<p v="${secret}"/>`, parameters), '<p v="********"/>')
  t.equal(withoutSecrets(`<p v="${escaped}" w="bob"/>`, parameters), '<p v="********" w="bob"/>')
  t.equal(withoutSecrets('a&lt;b> rest', parameters), 'a&lt;b> rest'.replace('a&lt;b>', '********'))
  t.equal(withoutSecrets('nothing', { user: 'nothing' }), 'nothing')
})
