// The answers to probes.
import t from 'tap'
import { standIn } from './stand-in.ts'

t.test('a living process says so, also when it is not ready', async t => {
  const { http } = standIn(
    {},
    { readiness: () => ({ ready: false, reason: 'the database does not answer' }) }
  )
  t.equal((await http.inject('/healthz')).statusCode, 200)
  const ready = await http.inject('/readyz')
  t.equal(ready.statusCode, 503)
  t.same(ready.json(), { ready: false, reason: 'the database does not answer' })
})

t.test('a ready server is 200, and no cache keeps the answer', async t => {
  const answer = await standIn().http.inject('/readyz')
  t.equal(answer.statusCode, 200)
  t.equal(answer.headers['cache-control'], 'no-store')
})
