// The samples of the requirement document: what they send, and field by field what comes back, for a submitter called bob.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { until } from '../../support/until.ts'
import { as, writeUsersFile } from '../../support/users.ts'
import { BATCH } from './real-app.ts'

const directory = await mkdtemp(path.join(tmpdir(), 'batchyard-users-'))
t.teardown(() => rm(directory, { recursive: true, force: true }))
const { http } = await buildApp(t, { BATCH_USERS_FILE: await writeUsersFile(directory) })

// oxlint-disable-next-line typescript/no-explicit-any
type Json = any
const ROOT = 'https://localhost:9443'
const HEADERS = { ...as('bob'), host: 'localhost:9443' }
const APPLICATION = { applicationName: 'SimpleBatchJob', moduleName: 'SimpleBatchJob.war' }

async function ask(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  payload?: object | string,
  headers = {}
) {
  return http.inject({
    method,
    url: `${BATCH}${url}`,
    headers: { ...HEADERS, ...headers },
    ...(payload === undefined ? {} : { payload })
  })
}

async function got(url: string): Promise<Json> {
  const answer = await ask('GET', url)
  if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode} ${answer.body}`)
  return answer.json()
}

async function submitted(body: object): Promise<Json> {
  const answer = await ask('POST', '/jobinstances/', body)
  t.equal(answer.statusCode, 201, answer.body)
  return answer.json()
}

const ended = (id: number): Promise<Json> =>
  until(`instance ${id} ended`, async () => {
    const [newest] = await got(`/jobinstances/${id}/jobexecutions`)
    return /^(COMPLETED|FAILED|STOPPED)$/.test(newest.batchStatus) && newest
  })

const link = (rel: string, to: string) => ({ rel, href: `${ROOT.replace('https', 'http')}${BATCH}${to}` })
const SLEEPS = { ...APPLICATION, jobXMLName: 'test_sleepyBatchlet' }
const INSTANCE_FIELDS =
  'jobName instanceId appName submitter batchStatus jobXMLName instanceState lastUpdatedTime _links'
const METRICS =
  'READ_COUNT WRITE_COUNT COMMIT_COUNT ROLLBACK_COUNT READ_SKIP_COUNT PROCESS_SKIP_COUNT FILTER_COUNT WRITE_SKIP_COUNT'
const TIME = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\.\d{3} [+-]\d{4}$/
const fields = (record: object) => Object.keys(record).join(' ')

t.test('a submit is answered with the instance as it was stored', async t => {
  const instance = await submitted({ ...SLEEPS, jobParameters: { 'sleep.time.seconds': '0' } })
  const { instanceId, lastUpdatedTime, ...rest } = instance
  t.equal(fields(instance), INSTANCE_FIELDS)
  t.match(lastUpdatedTime, TIME)
  t.same(rest, {
    jobName: 'test_sleepyBatchlet',
    appName: 'SimpleBatchJob#SimpleBatchJob.war',
    submitter: 'bob',
    batchStatus: 'STARTING',
    jobXMLName: 'test_sleepyBatchlet',
    instanceState: 'SUBMITTED',
    _links: [
      link('self', `/jobinstances/${instanceId}`),
      link('job logs', `/jobinstances/${instanceId}/joblogs`)
    ]
  })
  await ended(instanceId)
})

t.test(
  'a list and an instance have the same fields, the newest first, with links to the executions',
  async t => {
    const { instanceId } = await submitted({ ...SLEEPS, jobParameters: { 'sleep.time.seconds': '0' } })
    await ended(instanceId)
    const list = await got('/jobinstances?page=0&pagesize=20')
    t.ok(list.length >= 2 && list[0].instanceId > list[1].instanceId)
    const instance = await got(`/jobinstances/${instanceId}`)
    t.same(list[0], instance)
    t.equal(fields(instance), INSTANCE_FIELDS)
    t.match(instance, { batchStatus: 'COMPLETED', instanceState: 'COMPLETED', submitter: 'bob' })
    t.same(instance._links, [
      link('self', `/jobinstances/${instanceId}`),
      link('job logs', `/jobinstances/${instanceId}/joblogs`),
      link('job execution', `/jobinstances/${instanceId}/jobexecutions/0`)
    ])
    t.same(await got('/jobinstances?page=13&pagesize=20'), [])
  }
)

t.test('an execution has its times, where it ran, its steps and five links', async t => {
  const { instanceId } = await submitted({ ...SLEEPS, jobParameters: { 'sleep.time.seconds': '0' } })
  const execution = await ended(instanceId)
  const { executionId: id } = execution
  t.same(await got(`/jobexecutions/${id}`), execution)
  t.equal(
    fields(execution),
    'jobName executionId instanceId batchStatus exitStatus createTime endTime lastUpdatedTime startTime jobParameters restUrl serverId logpath stepExecutions _links'
  )
  for (const time of ['createTime', 'startTime', 'lastUpdatedTime', 'endTime'])
    t.match(execution[time], TIME, time)
  t.equal(execution.serverId.split('/').length > 2, true, execution.serverId)
  t.match(
    execution.logpath,
    new RegExp(`/test_sleepyBatchlet/.{10}/instance\\.${instanceId}/execution\\.${id}/$`)
  )
  t.match(execution.stepExecutions, [
    {
      stepName: 'step1',
      batchStatus: 'COMPLETED',
      exitStatus: 'SleepyBatchlet:i=0;stopRequested=false',
      stepExecution: link('', `/jobexecutions/${id}/stepexecutions/step1`).href
    }
  ])
  t.same(
    execution._links.map(({ rel }: { rel: string }) => rel),
    ['self', 'job instance', 'step executions', 'job logs', 'stop url']
  )
  t.match(execution._links[4].href, new RegExp(`/jobexecutions/${id}\\?action=stop$`))
})

t.test('a partitioned job shows each step with its partitions, and last a record of links', async t => {
  const { instanceId } = await submitted({ ...APPLICATION, jobXMLName: 'test_multiPartition_3Steps' })
  const { executionId } = await ended(instanceId)
  const steps = await got(`/jobexecutions/${executionId}/stepexecutions`)
  t.equal(steps.length, 4)
  const links = {
    _links: [
      link('job execution', `/jobexecutions/${executionId}`),
      link('job instance', `/jobinstances/${instanceId}`)
    ]
  }
  t.same(steps.at(-1), links)
  for (const step of steps.slice(0, -1)) {
    t.match(step, { executionId, instanceId, batchStatus: 'COMPLETED', startTime: TIME, endTime: TIME })
    t.equal(fields(step.metrics), METRICS)
    t.ok(Object.values(step.metrics).every(value => value === '0'))
    for (const [at, partition] of step.partitions.entries()) {
      t.match(partition, { partitionNumber: at, batchStatus: 'COMPLETED', exitStatus: step.stepName })
      t.equal(fields(partition.metrics), METRICS)
    }
    t.equal(step.partitions.length, 3)
    for (const url of [
      `/jobexecutions/${executionId}/stepexecutions/${step.stepName}`,
      `/jobinstances/${instanceId}/jobexecutions/0/stepexecutions/${step.stepName}`,
      `/stepexecutions/${step.stepExecutionId}`
    ])
      t.same(await got(url), [step, links])
  }
  t.match(await got(`/jobexecutions/${executionId}/jobinstance`), { instanceId, submitter: 'bob' })
})

t.test('the form of the document, byte for byte with its boundary and line ends, is a submit', async t => {
  const boundary = '---------------------------49424d5f4a4241544348'
  const jsl = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<job id="test_multiPartition" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">
  <step id="step1"> <batchlet ref="simpleBatchlet" /> <partition> <plan partitions="3" /> </partition> </step></job>`
  const part = (name: string, type: string, text: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\nContent-Type: ${type}; charset=UTF-8\r\n\r\n${text}\r\n`
  const jobdata = JSON.stringify({ ...APPLICATION, jobXMLName: 'test_multiPartition' })
  const form = `${part('jobdata', 'application/json', jobdata)}${part('jsl', 'application/xml', jsl)}--${boundary}--\r\n`
  const answer = await ask('POST', '/jobinstances/', form, {
    'content-type': `multipart/form-data;boundary=${boundary}`
  })
  t.equal(answer.statusCode, 201, answer.body)
  t.match(answer.json(), { jobName: 'test_multiPartition', jobXMLName: 'test_multiPartition' })
  t.match(await ended(answer.json().instanceId), { batchStatus: 'COMPLETED' })
})

t.test('a bulk purge is answered with what became of each, in four fields', async t => {
  const ids: number[] = []
  for (let at = 0; at < 3; at++)
    ids.push((await submitted({ ...APPLICATION, jobXMLName: 'test_noop' })).instanceId)
  for (const id of ids) await ended(id)
  const answer = await ask('DELETE', `/v2/jobinstances?jobInstanceId=${ids[0]}:${ids[2]}`)
  t.equal(answer.statusCode, 200)
  for (const [at, result] of answer.json().entries()) {
    t.equal(fields(result), 'instanceId purgeStatus message redirectUrl')
    t.match(result, { instanceId: ids.toReversed()[at], purgeStatus: 'COMPLETED', redirectUrl: '' })
  }
})

t.test('a submitter sees in lists what is his; who monitors sees all; codes are the document’s', async t => {
  const alices = await http.inject({
    method: 'POST',
    url: `${BATCH}/jobinstances`,
    headers: as('alice'),
    payload: { ...APPLICATION, jobXMLName: 'test_noop' }
  })
  const { instanceId } = alices.json()
  const seenBy = async (user: string) =>
    (await http.inject({ url: `${BATCH}/v4/jobinstances?submitter=alice`, headers: as(user) })).json()
  t.same(await seenBy('bob'), [])
  for (const user of ['admin', 'mona', 'alice']) t.match(await seenBy(user), [{ instanceId }])
  t.equal((await ask('GET', `/jobinstances/${instanceId}`)).statusCode, 401, 'no right to it')
  t.equal((await ask('GET', '/jobinstances', undefined, as('bob', 'wrong'))).statusCode, 403, 'no login')
  t.equal((await ask('GET', '/jobinstances/99999999')).statusCode, 404, 'it does not exist')
  t.equal((await ask('GET', '/v2/jobinstances?createTime=yesterday')).statusCode, 400, 'no parameter')
  const [mine] = await got('/jobinstances?pageSize=1')
  t.equal((await ask('PUT', `/jobinstances/${mine.instanceId}?action=stop`)).statusCode, 409, 'its state')
})
