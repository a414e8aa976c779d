// Single resources without a revision: their ETag is the same while they are, and another when they are not.
import t from 'tap'
import { buildApp } from '../support/build-app.ts'
import { endedJob, submitJsl } from '../support/jobs.ts'

t.test('on a server with the sample application', async t => {
  const app = await buildApp(t)
  const { operator } = app
  const call = async (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) =>
    await app.http.inject({
      method,
      url: `/api/v1${url}`,
      ...(payload === undefined ? {} : { payload })
    })
  const { instanceId, executionId } = await endedJob(
    operator,
    await submitJsl(operator, 'SimpleBatchJob', `<step id="s"><batchlet ref="failingBatchlet"/></step>`)
  )
  await call('PUT', `/instances/${instanceId}/hold`, { reason: 'seen first' })
  const { planId } = (await call('POST', '/purge-plans', { filter: { jobInstanceId: instanceId } })).json()

  for (const [url, change] of [
    [
      `/instances/${instanceId}/hold`,
      () => call('PUT', `/instances/${instanceId}/hold`, { reason: 'again' })
    ],
    [`/runs/${instanceId}`, () => call('POST', `/executions/${executionId}/abandon`, {})],
    [`/executions/${executionId}`, () => call('POST', `/executions/${executionId}/abandon`, {})],
    [`/purge-plans/${planId}`, () => call('POST', `/purge-plans/${planId}/execute`)]
  ] as const)
    t.test(url.replaceAll(/\d+/g, 'id'), async t => {
      const tag = async () => (await call('GET', url)).headers['etag']
      const before = await tag()
      t.match(before, /^"[0-9a-f]{32}"$/)
      t.equal(await tag(), before)
      const { statusCode } = await change()
      t.ok(statusCode < 300, String(statusCode))
      // The execution was abandoned as the run's.
      if (!url.startsWith('/executions')) t.not(await tag(), before)
    })
})
