// A stop, a log or a purge asked of a server that does not have it.
import { existsSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { PurgeResultView } from '../../../src/http/liberty/view/purge-result.ts'
import { rows } from '../../../src/store/database.ts'
import type { TestApp } from '../../support/build-app.ts'
import { until } from '../../support/until.ts'
import { run as runCli } from '../../cli/cli-process.ts'
import { type Ran, twoServers } from './two-servers.ts'

const { servers, call, run, moveToOther } = await twoServers(t)
const { db } = servers[0].database
const rootOf = (app: TestApp) => `${app.address()}/ibm/api/batch`
const folderOf = (app: TestApp, { logPath }: Ran) => path.join(app.directory, 'joblogs', logPath)

const sleeping = () => run('test_sleepyBatchlet', { 'sleep.time.seconds': '120' }, 'STARTED')
const done = () => run('test_noop', {}, 'COMPLETED')
const partitioned = () => run('test_multiPartition', {}, 'COMPLETED')

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

t.test('a log is 302 to the server that has it, with the same version, path and query', async t => {
  const ran = await done()
  for (const url of [
    `/jobexecutions/${ran.executionId}/joblogs?type=text&permitRedirect=true`,
    `/v3/jobexecutions/${ran.executionId}/joblogs?part=part.1.log&type=zip`,
    `/v4/jobexecutions/${ran.executionId}/joblogs`,
    `/v2/jobinstances/${ran.instanceId}/joblogs?type=zip`
  ]) {
    const answer = await call(ran.other, 'GET', url)
    t.equal(answer.statusCode, 302, url)
    t.equal(answer.headers['location'], `${rootOf(ran.owner)}${url}`)
    t.equal((await call(ran.owner, 'GET', url)).statusCode, 200)
  }
  const own = (await call(ran.owner, 'GET', `/v4/jobinstances/${ran.instanceId}/joblogs`)).json<
    { href: string }[]
  >()
  const links = await call(ran.other, 'GET', `/v4/jobinstances/${ran.instanceId}/joblogs`)
  t.equal(links.statusCode, 200, 'the links of an instance are told by any server')
  t.equal(links.json<object[]>().length, own.length)
  const local = await call(
    ran.other,
    'GET',
    `/jobexecutions/${ran.executionId}/joblogs?type=text&localOnly=true`
  )
  t.equal(local.body, '', 'localOnly: what this server has')
})

t.test('with permitRedirect=false a log is fetched, whole or a part, as text or zip', async t => {
  const ran = await done()
  const text = `/jobexecutions/${ran.executionId}/joblogs?type=text`
  const own = await call(ran.owner, 'GET', text)
  const fetched = await call(ran.other, 'GET', `${text}&permitRedirect=false`)
  t.equal(fetched.statusCode, 200)
  t.equal(fetched.body, own.body)
  t.equal(fetched.headers['content-type'], own.headers['content-type'])
  const part = await call(ran.other, 'GET', `${text}&part=part.1.log&permitRedirect=false`)
  t.match(part.body, /CWWKY0009I/)
  const none = await call(ran.other, 'GET', `${text}&part=part.9.log&permitRedirect=false`)
  t.equal(none.statusCode, 404)
  const zip = await call(
    ran.other,
    'GET',
    `/jobinstances/${ran.instanceId}/joblogs?type=zip&permitRedirect=false`
  )
  t.match(zip.headers['content-disposition'], /instance/)
  t.ok(zip.rawPayload.includes(`instance.${ran.instanceId}/execution.${ran.executionId}/part.1.log`))
})

t.test('a log whose parts lie with both servers is put together by either', async t => {
  const ran = await partitioned()
  const url = `/jobexecutions/${ran.executionId}/joblogs`
  const before = await call(ran.owner, 'GET', `${url}?type=text`)
  const links = (await call(ran.owner, 'GET', url)).json<object[]>()
  const part = 'step.step1/partition.1/part.1.log'
  t.match(before.body, part)
  await moveToOther(ran, part)
  for (const server of servers) {
    const answer = await call(server, 'GET', `${url}?type=text`)
    t.equal(answer.statusCode, 200)
    t.equal(answer.body, before.body)
    t.same((await call(server, 'GET', url)).json(), links)
    const zip = await call(server, 'GET', `${url}?type=zip`)
    t.ok(zip.rawPayload.includes(part))
  }
  t.equal((await call(ran.owner, 'DELETE', `/jobinstances/${ran.instanceId}`)).statusCode, 200)
  for (const server of servers) t.notOk(existsSync(folderOf(server, ran)), 'the purge reaches both')
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
