// Requests without a body whose client sends `Content-Type: application/json` all the same: they are what they are without it.
import t from 'tap'
import { buildApp } from '../support/build-app.ts'
import { endedJob, submitJsl } from '../support/jobs.ts'

t.test('on a server with the sample application', async t => {
  const app = await buildApp(t)
  const { operator } = app
  const call = async (method: 'DELETE' | 'POST' | 'PUT', url: string, headers: Record<string, string> = {}) =>
    await app.http.inject({
      method,
      url: `/api/v1${url}`,
      headers: { 'content-type': 'application/json', ...headers }
    })
  const post = async (url: string, payload: object) =>
    (await app.http.inject({ method: 'POST', url: `/api/v1${url}`, payload })).json()
  const failing = `<step id="s"><batchlet ref="failingBatchlet"/></step>`
  const { instanceId, executionId } = await endedJob(
    operator,
    await submitJsl(operator, 'SimpleBatchJob', failing)
  )

  t.test('what needs none is done', async t => {
    const hold = `/instances/${instanceId}/hold`
    await app.http.inject({ method: 'PUT', url: `/api/v1${hold}`, payload: { reason: 'seen first' } })
    t.equal((await call('DELETE', hold)).statusCode, 204)
    t.equal((await call('POST', `/executions/${executionId}/abandon`)).statusCode, 200)
    const { planId } = await post('/purge-plans', { filter: { jobInstanceId: instanceId } })
    t.equal((await call('POST', `/purge-plans/${planId}/execute`)).statusCode, 202)
    const definition = { name: 'd', application: 'SimpleBatchJob', jobXMLName: 'test_noop' }
    await post('/definitions', definition)
    t.equal((await call('POST', '/definitions/d/run')).statusCode, 201)
    await post('/definitions', { ...definition, name: 'e' })
    await post('/schedules', { name: 's', definition: 'e', when: { cron: '0 0 1 1 *' } })
    t.equal((await call('POST', '/schedules/s/activate')).statusCode, 200)
    t.equal((await call('POST', '/schedules/s/deactivate')).statusCode, 200)
    t.equal((await call('DELETE', '/schedules/s')).statusCode, 204)
    t.equal((await call('DELETE', '/definitions/e')).statusCode, 204)
  })

  t.test('where one is needed, that is what is said', async t => {
    for (const [method, url] of [
      ['POST', `/executions/${executionId}/force-end`],
      ['PUT', `/instances/${instanceId}/hold`],
      ['POST', '/purge-plans'],
      ['POST', '/definitions'],
      ['POST', '/schedules'],
      ['POST', '/validate'],
      ['POST', '/jobs']
    ] as const) {
      const answer = await call(method, url)
      t.equal(answer.statusCode, 400, url)
      t.notMatch(answer.json().detail, /content-type/, url)
    }
  })
})
