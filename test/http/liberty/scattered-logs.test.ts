// A job log asked of a server that does not have it, or not all of it.
import { existsSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { rows } from '../../../src/store/database.ts'
import type { TestApp } from '../../support/build-app.ts'
import { type Ran, twoServers } from './two-servers.ts'

const { servers, call, run, moveToOther } = await twoServers(t)
const { db } = servers[0].database
const rootOf = (app: TestApp) => `${app.address()}/ibm/api/batch`
const folderOf = (app: TestApp, { logPath }: Ran) => path.join(app.directory, 'joblogs', logPath)

const done = () => run('test_noop', {}, 'COMPLETED')
/** On one server: which part is where is the test's own doing. */
const partitioned = () =>
  run(
    {
      jobXML: `<job id="partitioned" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">
        <properties><property name="com.ibm.websphere.batch.partition.multiJVM" value="false"/></properties>
        <step id="step1"><batchlet ref="simpleBatchlet"/><partition><plan partitions="3"/></partition></step></job>`
    },
    {},
    'COMPLETED'
  )

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

t.test('of a log that is there in part, what cannot be had says so in its place', async t => {
  const ran = await partitioned()
  const part = 'step.step1/partition.2/part.1.log'
  await moveToOther(ran, part)
  await rows(
    db,
    `update job_log_part set server_id = 'host/gone' where execution_id = :id and path = :path`,
    {
      id: ran.executionId,
      path: `${ran.logPath}${part}`
    }
  )
  const url = `/jobexecutions/${ran.executionId}/joblogs`
  const answer = await call(ran.owner, 'GET', `${url}?type=text`)
  t.equal(answer.statusCode, 200)
  t.match(answer.body, new RegExp(`Begin file: execution.${ran.executionId}/${part} x+\n.*host/gone`))
  t.match(answer.body, /CWWKY0009I/)
  const alone = await call(ran.owner, 'GET', `${url}?type=text&part=${part}`)
  t.match(alone.json(), { status: 410, code: 'JobLogsElsewhere' })
})

t.test('a log that is not indexed is asked of the server that ran the job', async t => {
  const ran = await done()
  await rows(db, 'delete from job_log_part where execution_id = :id', { id: ran.executionId })
  const url = `/jobexecutions/${ran.executionId}/joblogs?type=text`
  const answer = await call(ran.other, 'GET', url)
  t.equal(answer.headers['location'], `${rootOf(ran.owner)}${url}`)
  t.match((await call(ran.owner, 'GET', url)).body, /CWWKY0009I/)
})
