// A restart of what is in each state, asked of the instance and of the execution, and which parameters the new one has.
import t from 'tap'
import type { JobExecutionView } from '../../../src/http/liberty/view/job-execution.ts'
import { buildApp } from '../../support/build-app.ts'
import { change, endByForce, instanceIn, SETTINGS, type State, WAITS } from './instances-in-states.ts'
import { BATCH, ended, get, newestWhen, submit } from './real-app.ts'

const { http } = await buildApp(t, SETTINGS)
const PREFIXES = ['', '/v1', '/v2', '/v3', '/v4']

const executionsOf = (id: number) => get<JobExecutionView[]>(http, `/jobinstances/${id}/jobexecutions`)

const RESTARTABLE: readonly State[] = ['FAILED', 'STOPPED', 'STOPPED before it began']

for (const state of RESTARTABLE)
  t.test(`what is ${state} is restarted, by its instance and by its execution`, async t => {
    for (const [at, version] of PREFIXES.entries()) {
      const { instanceId, executionId } = await instanceIn(http, state)
      const path = at % 2 === 0 ? `/jobinstances/${instanceId}` : `/jobexecutions/${executionId}`
      const answer = await change(http, `${version}${path}?action=restart`, { jobParameters: WAITS })
      t.equal(answer.statusCode, 200, answer.body)
      t.match(answer.json(), {
        instanceId,
        batchStatus: 'STARTING',
        instanceState: 'SUBMITTED',
        _links: [{ rel: 'self' }, { rel: 'job logs' }]
      })
      t.equal(answer.json()._links.length, 2, 'both answer with the instance, without its executions')
      const [second, first, ...others] = await executionsOf(instanceId)
      t.same(others, [])
      t.equal(first!.executionId, executionId)
      t.match(second, { batchStatus: 'STARTING', jobParameters: WAITS, serverId: '', stepExecutions: [] })
      t.same(await get(http, `/jobinstances/${instanceId}/jobexecutions/1`), second)
      await change(http, `/jobinstances/${instanceId}?action=stop`)
    }
  })

const REFUSED: Readonly<Record<string, [State, code: string]>> = {
  'has COMPLETED': ['COMPLETED', 'JobExecutionAlreadyComplete'],
  'was ABANDONED': ['ABANDONED', 'JobRestart'],
  'is running': ['running', 'JobRestart'],
  'waits to begin': ['waiting to begin', 'JobRestart'],
  'is STOPPING': ['stopping', 'JobRestart']
}

for (const [what, [state, code]] of Object.entries(REFUSED))
  t.test(`what ${what} is not restarted: 409 by both paths, and there is no new execution`, async t => {
    const one = await instanceIn(http, state)
    const { instanceId, executionId } = one
    const before = await get(http, `/jobinstances/${instanceId}`)
    for (const path of [`/jobinstances/${instanceId}`, `/jobexecutions/${executionId}`])
      for (const query of ['', '&reusePreviousParams=true']) {
        const answer = await change(http, `${path}?action=restart${query}`)
        t.match(answer.json(), { status: 409, code }, `${path}${query}`)
      }
    t.same(await get(http, `/jobinstances/${instanceId}`), before)
    t.equal((await executionsOf(instanceId)).length, 1)
    await endByForce(http, one)
  })

t.test('a job whose JSL says restartable="false" is not restarted, FAILED or STOPPED', async t => {
  const jobXML = (inner: string) => `<job id="once" restartable="false"><step id="s">${inner}</step></job>`
  const failed = await submit(http, { applicationName: 'ledger', jobXML: jobXML('<batchlet ref="ghost"/>') })
  t.match(await ended(http, failed.instanceId), { batchStatus: 'FAILED' })
  const stopped = await submit(http, {
    applicationName: 'ledger',
    jobXML: jobXML('<batchlet ref="noop"/>'),
    jobParameters: WAITS
  })
  await change(http, `/jobinstances/${stopped.instanceId}?action=stop`)
  for (const { instanceId } of [failed, stopped]) {
    const answer = await change(http, `/jobinstances/${instanceId}?action=restart`)
    t.match(answer.json(), { status: 409, code: 'JobRestart', detail: /restartable/ })
    t.equal((await executionsOf(instanceId)).length, 1)
  }
})

t.test('an execution that is not the newest is 400, whatever the newest is at', async t => {
  const { instanceId, executionId } = await instanceIn(http, 'FAILED')
  const old = () => change(http, `/jobexecutions/${executionId}?action=restart`)
  await change(http, `/jobinstances/${instanceId}?action=restart`, { jobParameters: WAITS })
  t.match((await old()).json(), { status: 400, code: 'JobExecutionNotMostRecent' }, 'the newest waits')
  await change(http, `/jobinstances/${instanceId}?action=stop`)
  t.match((await old()).json(), { status: 400, code: 'JobExecutionNotMostRecent' }, 'it is STOPPED')
  t.equal((await executionsOf(instanceId)).length, 2)
})

t.test('without reusePreviousParams old parameters are dropped, with it they lie below the new', async t => {
  const { instanceId } = await submit(http, {
    applicationName: 'ledger',
    jobXMLName: 'failing',
    jobParameters: { a: '1', b: '1', Ä: 'ö' }
  })
  /** Restarts, by instance or by the newest execution, and gives the new one's parameters. */
  const restarted = async (query: string, jobParameters?: object, by = 'instance') => {
    const { executionId } = await newestWhen(http, instanceId, 'FAILED')
    const path = by === 'instance' ? `/jobinstances/${instanceId}` : `/jobexecutions/${executionId}`
    const body = jobParameters === undefined ? undefined : { jobParameters }
    const answer = await change(http, `/v3${path}?action=restart${query}`, body)
    t.equal(answer.statusCode, 200, answer.body)
    const newest = await newestWhen(http, instanceId, 'STARTING', 'STARTED', 'FAILED')
    t.not(newest.executionId, executionId)
    return newest.jobParameters
  }
  t.same(await restarted('&reusePreviousParams=true', { b: '2', c: '2' }), { a: '1', b: '2', c: '2', Ä: 'ö' })
  t.same(await restarted('&reusePreviousParams=TRUE', {}, 'execution'), { a: '1', b: '2', c: '2', Ä: 'ö' })
  t.same(await restarted('&reusePreviousParams=true', { a: '' }), { a: '', b: '2', c: '2', Ä: 'ö' })
  t.same(await restarted('&reusePreviousParams=true'), { a: '', b: '2', c: '2', Ä: 'ö' }, 'of the one before')
  t.same(await restarted('&reusePreviousParams=false', { d: '4' }), { d: '4' })
  t.same(await restarted('&reusePreviousParams=yes', { e: '5' }, 'execution'), { e: '5' })
  t.same(await restarted('', undefined), {})
  t.same(await restarted('&reusePreviousParams=true', { f: '6' }), { f: '6' }, 'what was dropped stays so')
})

t.test('a restart has the body of its JSON whatever it says of its type, and none counts as {}', async t => {
  for (const payload of ['', '  ', '{}', '{"jobParameters":{}}', '{"jobParameters":null}', '{"other":1}']) {
    const { instanceId } = await instanceIn(http, 'FAILED')
    const headers = { 'content-type': 'text/plain' }
    const url = `${BATCH}/jobinstances/${instanceId}?action=restart`
    t.equal((await http.inject({ method: 'PUT', url, payload, headers })).statusCode, 200, payload)
    t.same((await newestWhen(http, instanceId, 'STARTING', 'STARTED', 'FAILED')).jobParameters, {})
  }
})

t.test('a body that cannot be right is 400, and there is no new execution', async t => {
  const { instanceId, executionId } = await instanceIn(http, 'FAILED')
  const bad = {
    '[]': 'BodyInvalid',
    '"x"': 'BodyInvalid',
    '{': 'BodyInvalid',
    '{"jobParameters":[]}': 'ParameterInvalid',
    '{"jobParameters":"a=1"}': 'ParameterInvalid',
    '{"jobParameters":{"n":1}}': 'ParameterInvalid',
    '{"jobParameters":{"n":null}}': 'ParameterInvalid',
    '{"jobParameters":{"n":"\\u0000"}}': 'TextInvalid',
    [JSON.stringify({ jobParameters: { n: 'x'.repeat(64 * 1024 + 1) } })]: 'ValueTooLong'
  }
  for (const [payload, code] of Object.entries(bad))
    for (const path of [`/jobinstances/${instanceId}`, `/jobexecutions/${executionId}`]) {
      const answer = await http.inject({ method: 'PUT', url: `${BATCH}${path}?action=restart`, payload })
      t.match(answer.json(), { status: 400, code }, payload.slice(0, 40))
    }
  t.equal((await executionsOf(instanceId)).length, 1)
})

t.test('parameters that make the JSL invalid are 400, and there is no new execution', async t => {
  const jobXML = `<job id="parts"><step id="s"><batchlet ref="ghost"/>
    <partition><plan partitions="#{jobParameters['parts']}?:2;"/></partition></step></job>`
  const { instanceId } = await submit(http, { applicationName: 'ledger', jobXML })
  t.match(await ended(http, instanceId), { batchStatus: 'FAILED' })
  const answer = await change(http, `/jobinstances/${instanceId}?action=restart`, {
    jobParameters: { parts: 'many' }
  })
  t.match(answer.json(), { status: 400, code: 'JslInvalid', detail: /partitions/ })
  t.equal((await executionsOf(instanceId)).length, 1)
})
