// A stop or a purge asked of a server that does not have the job; and what is answered when the one that has it is away.
import { existsSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { PurgeResultView } from '../../../src/http/liberty/view/purge-result.ts'
import { rows } from '../../../src/store/database.ts'
import type { TestApp } from '../../support/build-app.ts'
import { until } from '../../support/until.ts'
import { run as runCli } from '../../cli/cli-process.ts'
import { type Ran, twoServers } from './two-servers.ts'

const { servers, call, run } = await twoServers(t)
const { db } = servers[0].database
const rootOf = (app: TestApp) => `${app.address()}/ibm/api/batch`
const folderOf = (app: TestApp, { logPath }: Ran) => path.join(app.directory, 'joblogs', logPath)

const sleeping = () => run('test_sleepyBatchlet', { 'sleep.time.seconds': '120' }, 'STARTED')
const done = () => run('test_noop', {}, 'COMPLETED')

async function statusOf({ executionId, owner }: Ran): Promise<string> {
  return (await call(owner, 'GET', `/jobexecutions/${executionId}`)).json<{ batchStatus: string }>()
    .batchStatus
}

t.test('a stop is 302 to the server that runs the job, for an instance as for an execution', async t => {
  const ran = await sleeping()
  for (const [given, said] of [
    [`/v4/jobinstances/${ran.instanceId}?action=stop`, `/jobinstances/${ran.instanceId}?action=stop`],
    [
      `/jobexecutions/${ran.executionId}?action=stop&permitRedirect=true`,
      `/jobexecutions/${ran.executionId}?action=stop`
    ]
  ] as const) {
    const answer = await call(ran.other, 'PUT', given)
    t.equal(answer.statusCode, 302)
    t.equal(answer.headers['location'], `${rootOf(ran.owner)}${said}`)
    t.equal(answer.body, '')
  }
  t.equal(await statusOf(ran), 'STARTED', 'nothing was done')
  const stranger = await call(ran.other, 'PUT', `/jobexecutions/${ran.executionId}?action=stop`, 'alice')
  t.equal(stranger.statusCode, 401, 'who may not stop it is not told where it runs')

  const stop = `/jobexecutions/${ran.executionId}?action=stop`
  t.equal((await call(ran.owner, 'PUT', stop)).statusCode, 200)
  await until('it is STOPPED', async () => (await statusOf(ran)) === 'STOPPED')
})

t.test('with permitRedirect=false a stop is passed on', async t => {
  const ran = await sleeping()
  const answer = await call(
    ran.other,
    'PUT',
    `/jobinstances/${ran.instanceId}?action=stop&permitRedirect=false`
  )
  t.equal(answer.statusCode, 200)
  t.match(answer.json(), { executionId: ran.executionId, batchStatus: /STOPP/ })
  await until('it is STOPPED', async () => (await statusOf(ran)) === 'STOPPED')
})

t.test('the command line follows a 302 of a stop, of logs and of a purge', async t => {
  const login = ['--user=bob', '--password=bobpwd']
  const ran = await sleeping()
  const at = [`--batchManager=${ran.other.address()}`, ...login]
  const stopped = await runCli(t, ['stop', ...at, `--jobInstanceId=${ran.instanceId}`, '--wait'])
  t.match(stopped.stdout, /CWWKY0104I/)
  t.equal(await statusOf(ran), 'STOPPED')
  const log = await runCli(t, ['getJobLog', ...at, `--jobInstanceId=${ran.instanceId}`])
  t.match(log.stdout, /CWWKY0009I/)
  const purged = await runCli(t, ['purge', ...at, `--jobInstanceId=${ran.instanceId}`])
  t.equal(purged.code, 0)
  t.notOk(existsSync(folderOf(ran.owner, ran)))
})

t.test(
  'a single purge is 302 where one other server has all logs; with permitRedirect=false it is done',
  async t => {
    const ran = await done()
    const url = `/jobinstances/${ran.instanceId}`
    const answer = await call(ran.other, 'DELETE', `/v4${url}`)
    t.equal(answer.statusCode, 302)
    t.equal(answer.headers['location'], `${rootOf(ran.owner)}${url}`)
    t.ok(existsSync(folderOf(ran.owner, ran)))
    const stranger = await call(ran.other, 'DELETE', `${url}?permitRedirect=false`, 'alice')
    t.equal(stranger.statusCode, 401)
    t.equal((await call(ran.other, 'DELETE', `${url}?permitRedirect=false`)).statusCode, 200)
    t.notOk(existsSync(folderOf(ran.owner, ran)))
    t.equal((await call(ran.owner, 'GET', url)).statusCode, 404)
  }
)

t.test('a bulk purge deletes the logs that other servers have', async t => {
  const some = [await done(), await done(), await done()]
  const ids = some.map(({ instanceId }) => instanceId)
  const answer = await call(servers[0], 'DELETE', `/v2/jobinstances?jobInstanceId=${ids.join(',')}`)
  t.same(
    answer.json<PurgeResultView[]>().map(({ purgeStatus, redirectUrl }) => [purgeStatus, redirectUrl]),
    ids.map(() => ['COMPLETED', ''])
  )
  for (const ran of some) t.notOk(existsSync(folderOf(ran.owner, ran)))
})

t.test(
  'what a server that does not answer has is NOT_LOCAL or 502, and stays; a stop works without it',
  async t => {
    const ran = await done()
    const running = await sleeping()
    const [row] = await rows<{ serverId: string }>(
      db,
      'select server_id as "serverId" from job_execution where execution_id = :executionId',
      { executionId: ran.executionId }
    )
    // As if it could not be reached from here, though it lives.
    const deaf = 'http://127.0.0.1:9'
    const where = { serverId: row!.serverId }
    await rows(db, `update incarnation set address = '${deaf}' where server_id = :serverId`, where)
    t.teardown(() =>
      rows(db, 'update incarnation set address = :address where server_id = :serverId', {
        ...where,
        address: ran.owner.address()
      })
    )
    const log = await call(
      ran.other,
      'GET',
      `/jobexecutions/${ran.executionId}/joblogs?type=text&permitRedirect=false`
    )
    t.match(log.json(), { status: 502, code: 'ServerUnreachable' })
    t.ok(log.json<{ detail: string }>().detail.includes(row!.serverId))
    const single = await call(ran.other, 'DELETE', `/jobinstances/${ran.instanceId}?permitRedirect=false`)
    t.match(single.json(), { status: 502, code: 'ServerUnreachable' })
    const bulk = await call(ran.other, 'DELETE', `/v2/jobinstances?jobInstanceId=${ran.instanceId}`)
    t.match(bulk.json(), [
      { purgeStatus: 'NOT_LOCAL', redirectUrl: `${deaf}/ibm/api/batch/jobinstances/${ran.instanceId}` }
    ])
    t.equal((await call(ran.other, 'GET', `/jobinstances/${ran.instanceId}`)).statusCode, 200)
    const stop = `/jobexecutions/${running.executionId}?action=stop&permitRedirect=false`
    t.equal((await call(running.other, 'PUT', stop)).statusCode, 200)
    await until('it is STOPPED', async () => (await statusOf(running)) === 'STOPPED')
  }
)

t.test(
  'what a dead server has is 410 naming it, a stop is made here, and a purge does not wait for it',
  async t => {
    const ran = await done()
    const waiting = await sleeping()
    const gone = 'host/gone'
    for (const { executionId } of [ran, waiting])
      await rows(
        db,
        `with e as (update job_execution set server_id = '${gone}' where execution_id = :executionId returning 1)
      update job_log_part set server_id = '${gone}' where execution_id = :executionId`,
        { executionId }
      )
    const url = `/jobexecutions/${ran.executionId}/joblogs?type=text`
    t.equal((await call(ran.owner, 'GET', url)).statusCode, 200, 'seen in the same folder, it is served')
    const log = await call(ran.other, 'GET', url)
    t.match(log.json(), { status: 410, code: 'JobLogsElsewhere', detail: new RegExp(gone) })
    t.equal(
      (await call(waiting.other, 'PUT', `/jobexecutions/${waiting.executionId}?action=stop`)).statusCode,
      200
    )
    t.equal((await call(ran.other, 'DELETE', `/jobinstances/${ran.instanceId}`)).statusCode, 200)
  }
)

t.test('servers that all give one address send nobody round in a circle', async t => {
  const ran = await sleeping()
  const before = await rows<{ id: string; address: string }>(
    db,
    'select incarnation as id, address from incarnation'
  )
  await rows(db, `update incarnation set address = 'http://balancer'`)
  t.teardown(async () => {
    for (const one of before)
      await rows(db, 'update incarnation set address = :address where incarnation = :id', { ...one })
  })
  t.equal((await call(ran.other, 'PUT', `/jobexecutions/${ran.executionId}?action=stop`)).statusCode, 200)
  await until('it is STOPPED', async () => (await statusOf(ran)) === 'STOPPED')
  t.equal(
    (await call(ran.other, 'GET', `/jobexecutions/${ran.executionId}/joblogs?type=text`)).statusCode,
    410
  )
})
