// Stop and restart over HTTP, of a job that runs.
import t from 'tap'
import type { JobExecutionView } from '../../../src/http/liberty/view/job-execution.ts'
import type { JobInstanceView } from '../../../src/http/liberty/view/job-instance.ts'
import { BATCH, ended, get, newestWhen, realApp, SKIPPED, submit } from './real-app.ts'

t.test('a running job is stopped and restarted', { skip: SKIPPED }, async t => {
  const http = await realApp(t)
  const put = async (path: string, payload?: object) =>
    http.inject({ method: 'PUT', url: `${BATCH}${path}`, ...(payload ? { payload } : {}) })
  const sleepy = (seconds: string) => ({
    applicationName: 'SimpleBatchJob',
    jobXMLName: 'test_sleepyBatchlet',
    jobParameters: { 'sleep.time.seconds': seconds, kept: 'yes' }
  })

  t.test('a stop is 200 with the execution, which ends STOPPED', async t => {
    const { instanceId } = await submit(http, sleepy('60'))
    const { executionId } = await newestWhen(http, instanceId, 'STARTED')
    const active = await put(`/jobinstances/${instanceId}?action=restart`)
    t.equal(active.statusCode, 409, 'a running job does not restart')
    const stopped = await put(`/v2/jobexecutions/${executionId}?action=STOP`)
    t.equal(stopped.statusCode, 200)
    t.match(stopped.json(), { executionId, batchStatus: /^STOP/ })
    t.equal((await ended(http, instanceId)).batchStatus, 'STOPPED')
    t.match(await get(http, `/jobinstances/${instanceId}`), {
      instanceState: 'STOPPED',
      batchStatus: 'STOPPED'
    })

    const again = await put(`/jobinstances/${instanceId}?action=restart&reusePreviousParams=true`, {
      jobParameters: { 'sleep.time.seconds': '0' }
    })
    t.equal(again.statusCode, 200)
    t.match(again.json() as JobInstanceView, { instanceId, _links: { length: 2 } })
    const second = await ended(http, instanceId)
    t.match(second, { batchStatus: 'COMPLETED', jobParameters: { 'sleep.time.seconds': '0', kept: 'yes' } })
    const all = await get<JobExecutionView[]>(http, `/jobinstances/${instanceId}/jobexecutions`)
    t.same(
      all.map(one => one.executionId),
      [second.executionId, executionId],
      'newest first'
    )

    t.match((await put(`/jobinstances/${instanceId}?action=stop`)).json(), {
      status: 409,
      code: 'JobExecutionNotRunning'
    })
    t.match((await put(`/jobinstances/${instanceId}?action=restart`)).json(), {
      code: 'JobExecutionAlreadyComplete'
    })
    t.match((await put(`/jobexecutions/${executionId}?action=restart`)).json(), {
      status: 400,
      code: 'JobExecutionNotMostRecent'
    })
  })

  t.test('of two restarts at once exactly one is 200', async t => {
    const { instanceId } = await submit(http, sleepy('60'))
    await newestWhen(http, instanceId, 'STARTED')
    await put(`/jobinstances/${instanceId}?action=stop`)
    await ended(http, instanceId)
    const payload = { jobParameters: { 'sleep.time.seconds': '0' } }
    const answers = await Promise.all(
      Array.from({ length: 4 }, async () => put(`/jobinstances/${instanceId}?action=restart`, payload))
    )
    t.same(answers.map(({ statusCode }) => String(statusCode)).toSorted(), ['200', '409', '409', '409'])
  })

  t.test('what does not exist is 404, and for an instance with its message id', async t => {
    for (const action of ['stop', 'restart', 'restart&reusePreviousParams=true']) {
      t.match((await put(`/jobinstances/99999999?action=${action}`)).json(), {
        status: 404,
        detail: /CWWKY0151E/
      })
      t.match((await put(`/jobexecutions/99999999?action=${action}`)).json(), {
        status: 404,
        code: 'NoSuchJobExecution'
      })
    }
    for (const path of [
      '',
      '/joblogs',
      '/jobexecutions',
      '/jobexecutions/0',
      '/jobexecutions/0/stepexecutions/s'
    ]) {
      t.match((await http.inject(`${BATCH}/jobinstances/99999999${path}`)).json(), {
        status: 404,
        detail: /CWWKY0151E.* 99999999/
      })
    }
    for (const path of [
      '',
      '/joblogs',
      '/joblogs?type=text',
      '/joblogs?type=zip',
      '/jobinstance',
      '/stepexecutions',
      '/stepexecutions/s'
    ]) {
      t.match((await http.inject(`${BATCH}/jobexecutions/99999999${path}`)).json(), {
        status: 404,
        code: 'NoSuchJobExecution'
      })
    }
    t.match((await http.inject(`${BATCH}/stepexecutions/99999999`)).json(), {
      status: 404,
      code: 'NoSuchStepExecution'
    })
  })
})
