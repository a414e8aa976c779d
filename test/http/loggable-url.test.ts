// Without this a secret in a query could reach the log in some spelling.
import t from 'tap'
import { loggableUrl } from '../../src/http/loggable-url.ts'

t.test('values of secret names are masked, all else is as it was', async t => {
  for (const [url, shown] of Object.entries({
    '/a?page=1&jobParameter.password=x&b': '/a?page=1&jobParameter.password=********&b',
    '/a?jobParameter.Pass%57ord=x': '/a?jobParameter.Pass%57ord=********',
    '/a?api+key=x=y': '/a?api+key=********',
    '/a?%ZZtoken=x&c=d': '/a?%ZZtoken=********&c=d',
    '/token/secret': '/token/secret',
    '/a?': '/a?',
    'http://bob:pw@host/a?x=1': 'http://********@host/a?x=1'
  }))
    t.equal(loggableUrl(url), shown)
})
