// A stop of what is in each state, asked of the instance and of the execution, and what stands afterwards.
import t from 'tap'
import type { JobExecutionView } from '../../../src/http/liberty/view/job-execution.ts'
import { buildApp } from '../../support/build-app.ts'
import { change, endByForce, instanceIn, SETTINGS, type State, stepBegan } from './instances-in-states.ts'
import { BATCH, get, newestWhen, submit } from './real-app.ts'

const { http } = await buildApp(t, SETTINGS)
const PREFIXES = ['', '/v1', '/v2', '/v3', '/v4']

const stopInstance = (id: number, version = '') => change(http, `${version}/jobinstances/${id}?action=stop`)
const stopExecution = (id: number, version = '') => change(http, `${version}/jobexecutions/${id}?action=stop`)

t.test('what runs is stopped by its instance, in every version, and the answer has no steps', async t => {
  for (const version of PREFIXES) {
    const { instanceId, executionId } = await instanceIn(http, 'running')
    const answer = await stopInstance(instanceId, version)
    t.equal(answer.statusCode, 200)
    t.match(answer.json(), { executionId, batchStatus: /^STOPP(ING|ED)$/, stepExecutions: [] })
    t.match(answer.json<JobExecutionView>()._links, { length: 5 })
    t.match(answer.json<JobExecutionView>().restUrl, new RegExp(`/ibm/api/batch/${version.slice(1)}`))
    t.match(await newestWhen(http, instanceId, 'STOPPED'), { executionId, exitStatus: 'STOPPED' })
    t.match(await get(http, `/jobinstances/${instanceId}`), {
      instanceState: 'STOPPED',
      batchStatus: 'STOPPED'
    })
  }
})

t.test('what runs is stopped by its execution, and the answer has its steps', async t => {
  for (const version of PREFIXES) {
    const { instanceId, executionId } = await instanceIn(http, 'running')
    await stepBegan(http, { instanceId, executionId })
    const answer = await stopExecution(executionId, version)
    t.equal(answer.statusCode, 200)
    t.match(answer.json(), { executionId, stepExecutions: [{ stepName: 'step1' }] })
    t.match(await newestWhen(http, instanceId, 'STOPPED'), { executionId })
  }
})

t.test(
  'what has not begun is STOPPED at once and never begins, by its instance or its execution',
  async t => {
    const ways = {
      instance: async (instanceId: number) => stopInstance(instanceId),
      execution: async (_instanceId: number, executionId: number) => stopExecution(executionId)
    }
    for (const stop of Object.values(ways)) {
      const { instanceId, executionId } = await instanceIn(http, 'waiting to begin')
      t.match(await get(http, `/jobinstances/${instanceId}`), {
        instanceState: 'SUBMITTED',
        batchStatus: 'STARTING'
      })
      const answer = await stop(instanceId, executionId)
      t.equal(answer.statusCode, 200)
      t.match(answer.json(), {
        executionId,
        batchStatus: 'STOPPED',
        exitStatus: 'STOPPED',
        serverId: '',
        logpath: '',
        stepExecutions: []
      })
      t.match(await get(http, `/jobinstances/${instanceId}`), {
        instanceState: 'STOPPED',
        batchStatus: 'STOPPED'
      })
    }
  }
)

t.test('what is STOPPING is told once more, 200', async t => {
  const what = await instanceIn(http, 'stopping')
  for (const answer of [await stopInstance(what.instanceId), await stopExecution(what.executionId)]) {
    t.equal(answer.statusCode, 200)
    t.match(answer.json(), { executionId: what.executionId, batchStatus: 'STOPPING' })
  }
  await endByForce(http, what)
  t.match((await stopInstance(what.instanceId)).json(), { status: 409, code: 'JobExecutionNotRunning' })
})

const ENDED: readonly State[] = ['COMPLETED', 'FAILED', 'STOPPED', 'STOPPED before it began', 'ABANDONED']

for (const state of ENDED)
  t.test(`what is ${state} is not stopped: 409 naming the execution, and nothing changes`, async t => {
    const { instanceId, executionId } = await instanceIn(http, state)
    const before = await get(http, `/jobexecutions/${executionId}`)
    for (const answer of [await stopInstance(instanceId), await stopExecution(executionId)]) {
      t.equal(answer.headers['content-type'], 'application/problem+json')
      t.match(answer.json(), {
        status: 409,
        code: 'JobExecutionNotRunning',
        detail: new RegExp(`${executionId}.*${state.split(' ')[0]}`)
      })
    }
    t.same(await get(http, `/jobexecutions/${executionId}`), before)
  })

t.test('an execution that is not the newest is not stopped, and the one that runs goes on', async t => {
  const { instanceId, executionId } = await instanceIn(http, 'STOPPED')
  const parameters = { jobParameters: { millis: '600000' } }
  t.equal((await change(http, `/jobinstances/${instanceId}?action=restart`, parameters)).statusCode, 200)
  const second = await newestWhen(http, instanceId, 'STARTED')
  t.match((await stopExecution(executionId)).json(), { status: 409, code: 'JobExecutionNotRunning' })
  t.match(await get(http, `/jobexecutions/${second.executionId}`), { batchStatus: 'STARTED' })
  t.match((await stopInstance(instanceId)).json(), { executionId: second.executionId })
  await newestWhen(http, instanceId, 'STOPPED')
})

t.test('the action is read without case; another, none, or a blank one is 400 and stops nothing', async t => {
  const { instanceId, executionId } = await instanceIn(http, 'running')
  for (const query of [
    '',
    '?action=',
    '?action=STOP%20',
    '?action=abandon',
    '?Action=stop',
    '?action=stop,restart'
  ])
    for (const path of [`/jobinstances/${instanceId}`, `/jobexecutions/${executionId}`])
      t.match((await change(http, `${path}${query}`)).json(), { status: 400, code: 'ActionInvalid' }, query)
  t.match(await get(http, `/jobexecutions/${executionId}`), { batchStatus: 'STARTED' })
  t.equal((await change(http, `/jobinstances/${instanceId}?action=sToP&action=restart`)).statusCode, 200)
  await newestWhen(http, instanceId, 'STOPPED')
})

t.test('ids: what is none is 400 saying so, what nothing has is 404, under each path', async t => {
  for (const version of PREFIXES)
    for (const [kind, unknown] of [
      ['jobinstances', 'NoSuchJobInstance'],
      ['jobexecutions', 'NoSuchJobExecution']
    ] as const) {
      for (const id of ['x', '1.5', '99999999999999999999'])
        t.match((await change(http, `${version}/${kind}/${id}?action=stop`)).json(), {
          status: 400,
          detail: id
        })
      t.match((await change(http, `${version}/${kind}/99999999?action=stop`)).json(), {
        status: 404,
        code: unknown
      })
    }
})

t.test('a stop with a body, of whatever kind, is a stop', async t => {
  for (const payload of ['{', '{"jobParameters":{"a":1}}', 'x'.repeat(100_000)]) {
    const { instanceId } = await submit(http, { applicationName: 'ledger', jobXMLName: 'pause' })
    const url = `${BATCH}/jobinstances/${instanceId}?action=stop`
    const answer = await http.inject({ method: 'PUT', url, payload, headers: { 'content-type': 'text/xml' } })
    t.ok([200, 409].includes(answer.statusCode), answer.body)
  }
})
