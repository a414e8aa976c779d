// Abandon and force-end as an operator calls them, on a whole server.
import { existsSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { rows } from '../../../src/store/database.ts'
import { forceEndExecution } from '../../../src/store/force-ends.ts'
import { buildApp, type TestApp } from '../../support/build-app.ts'
import { CALLER, endedJob, submitJsl, whenJob } from '../../support/jobs.ts'
import { until } from '../../support/until.ts'

const APPLICATIONS = path.join(import.meta.dirname, '../../support/applications')

function call({ http }: TestApp, url: string, payload?: unknown) {
  const headers = payload === undefined ? {} : { 'content-type': 'application/json' }
  const body = payload === undefined ? {} : { payload: JSON.stringify(payload) }
  return http.inject({ method: 'POST', url: `/api/v1/executions/${url}`, headers, ...body })
}

const FORCE = { batchStatus: 'FAILED', reason: 'the file never comes' }
const sleepy = `<batchlet ref="sleepyBatchlet"><properties><property name="sleep.time.seconds" value="300"/></properties></batchlet>`

t.test('on a server with the sample application', async t => {
  const app = await buildApp(t)
  const { operator, database } = app
  const failed = async () =>
    await endedJob(
      operator,
      await submitJsl(operator, 'SimpleBatchJob', `<step id="s"><batchlet ref="failingBatchlet"/></step>`)
    )
  const sleeping = async (more = '') => {
    const id = await submitJsl(operator, 'SimpleBatchJob', `<step id="s">${sleepy}${more}</step>`)
    return await whenJob(operator, id, 'STARTED')
  }

  t.test('a failed execution is abandoned, does not restart any more, and can be purged', async t => {
    const { executionId, instanceId } = await failed()
    const answer = await call(app, `${executionId}/abandon`)
    t.equal(answer.statusCode, 200)
    t.match(answer.json(), { executionId, instanceId, batchStatus: 'ABANDONED', exitStatus: 'FAILED' })
    t.match((await call(app, `${executionId}/abandon`, { reason: 'again' })).statusCode, 200)
    const target = { kind: 'execution', executionId } as const
    const restart = { target, jobParameters: {}, reusePreviousParams: false }
    await t.rejects(operator.restart(restart, CALLER), { code: 'JobRestart' })
    t.match(await operator.jobInstance(instanceId, CALLER), { instanceState: 'ABANDONED' })
    t.equal(await operator.purge(instanceId, { jobStoreOnly: false }, CALLER), null)
  })

  t.test('what runs is not abandoned; ended by force it stands as asked, and its thread is free', async t => {
    const { executionId, instanceId } = await sleeping()
    t.match((await call(app, `${executionId}/abandon`, {})).json(), {
      status: 409,
      code: 'JobExecutionIsRunning'
    })
    const answer = await call(app, `${executionId}/force-end`, FORCE)
    t.equal(answer.statusCode, 200)
    t.match(answer.json(), { executionId, exitStatus: 'FAILED', ...FORCE })
    t.match(await operator.jobInstance(instanceId, CALLER), { instanceState: 'FAILED' })
    t.match((await call(app, `${executionId}/force-end`, FORCE)).json(), {
      status: 409,
      code: 'JobExecutionNotRunning'
    })
    const next = await submitJsl(
      operator,
      'SimpleBatchJob',
      '<step id="s"><batchlet ref="noopBatchlet"/></step>'
    )
    t.match(await endedJob(operator, next), { batchStatus: 'COMPLETED' })
    t.match(await operator.jobExecution(executionId, CALLER), { batchStatus: 'FAILED', reason: FORCE.reason })
    t.match(
      await rows(database.db, `select who, what from audit where target = 'execution:${executionId}'`),
      [{ who: 'NOTSET', what: 'execution.force-end' }]
    )
  })

  t.test('E8 partitions end with their execution, and their threads', async t => {
    const { executionId } = await sleeping('<partition><plan partitions="2"/></partition>')
    await until(
      'the partitions run',
      async () =>
        (await rows(database.db, `select from partition where batch_status = 'STARTED'`)).length === 2
    )
    t.match((await call(app, `${executionId}/force-end`, { ...FORCE, batchStatus: 'STOPPED' })).json(), {
      batchStatus: 'STOPPED'
    })
    const [step] = await operator.stepExecutions(executionId, null, CALLER)
    t.match(step, {
      batchStatus: 'STOPPED',
      partitions: [{ batchStatus: 'STOPPED' }, { batchStatus: 'STOPPED' }]
    })
    t.same(await rows(database.db, 'select from unit'), [])
  })

  t.test('a job that was never begun is ended by force', async t => {
    const delay = { com_ibm_ws_batch_message_deliveryDelay: '3600000' }
    const id = await submitJsl(operator, 'SimpleBatchJob', `<step id="s">${sleepy}</step>`, delay)
    const [execution] = await operator.jobExecutions(id, CALLER)
    const answer = await call(app, `${execution!.executionId}/force-end`, FORCE)
    t.match(answer.json(), { batchStatus: 'FAILED', startTime: null })
  })

  t.test(
    'an unknown execution is 404, what is no id or no body of these is 400, and nothing is changed',
    async t => {
      const { executionId } = await failed()
      for (const action of ['abandon', 'force-end'])
        t.match((await call(app, `999999/${action}`, action === 'abandon' ? {} : FORCE)).json(), {
          status: 404,
          code: 'NoSuchJobExecution'
        })
      for (const [url, body] of [
        ['x/force-end', FORCE],
        [`${executionId}/force-end`, undefined],
        [`${executionId}/force-end`, {}],
        [`${executionId}/force-end`, { batchStatus: 'FAILED' }],
        [`${executionId}/force-end`, { ...FORCE, batchStatus: 'COMPLETED' }],
        [`${executionId}/force-end`, { ...FORCE, reason: '' }],
        [`${executionId}/force-end`, { ...FORCE, reason: 7 }],
        [`${executionId}/force-end`, { ...FORCE, reason: 'x'.repeat(2001) }],
        [`${executionId}/force-end`, { ...FORCE, reason: 'a\u0000b' }],
        [`${executionId}/force-end`, { ...FORCE, more: 1 }],
        [`${executionId}/force-end`, [FORCE]],
        [`${executionId}/abandon`, { raeson: 'misspelt' }],
        [`${executionId}/abandon`, { reason: '\ud800' }],
        [`${executionId}/abandon`, []]
      ] as const)
        t.equal((await call(app, url, body)).statusCode, 400, `${url} ${JSON.stringify(body)?.slice(0, 80)}`)
      t.match((await call(app, `${executionId}/force-end`, { ...FORCE, reason: ' ' })).json(), {
        status: 400
      })
      t.match(await operator.jobExecution(executionId, CALLER), { batchStatus: 'FAILED' })
      const wrong = await app.http.inject({ method: 'GET', url: `/api/v1/executions/${executionId}/abandon` })
      t.equal(wrong.statusCode, 405)
    }
  )

  t.test('who is no administrator may do neither', async t => {
    const { executionId } = await failed()
    const submitter = { user: 'tester', roles: ['batchSubmitter'], groups: [] } as const
    await t.rejects(operator.abandonExecution(executionId, null, submitter), { code: 'RoleMissing' })
    await t.rejects(
      operator.forceEndExecution(executionId, { batchStatus: 'FAILED', reason: 'x' }, submitter),
      { code: 'RoleMissing' }
    )
  })
})

for (const [how, end] of [
  ['here', (app: TestApp, executionId: number) => call(app, `${executionId}/force-end`, FORCE)],
  [
    'at another server',
    (app: TestApp, executionId: number) =>
      forceEndExecution(app.database.db, {
        executionId,
        batchStatus: 'FAILED',
        reason: FORCE.reason,
        by: 'x'
      })
  ]
] as const)
  t.test(`an endless loop that is ended by force ${how} gives its thread back`, async t => {
    const app = await buildApp(t, {
      BATCH_APPS_DIR: APPLICATIONS,
      BATCH_THREADS: '1',
      BATCH_MAX_THREADS: '1'
    })
    const begun = path.join(app.directory, 'begun')
    const busy = `<batchlet ref="busy"><properties><property name="begun" value="${begun}"/></properties></batchlet>`
    const id = await submitJsl(app.operator, 'stubborn', `<step id="s">${busy}</step>`)
    const { executionId } = await whenJob(app.operator, id, 'STARTED')
    await until('it is busy', () => existsSync(begun))
    await end(app, executionId)
    t.match(await endedJob(app.operator, id), { ...FORCE, steps: [{ batchStatus: 'FAILED' }] })
    await until('its log says so', async () => {
      let log = ''
      for await (const piece of await app.operator.jobLogText(executionId, null, CALLER)) log += String(piece)
      return log.includes(`The job was ended from outside, as FAILED: ${FORCE.reason}`)
    })
    const next = await submitJsl(app.operator, 'ledger', '<step id="s"><batchlet ref="noop"/></step>')
    t.match(await endedJob(app.operator, next), { batchStatus: 'COMPLETED' })
  })
