// Searches over HTTP and a real repository: the document's own table, raw queries, long lists, and what a purge selects.
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import type { InstanceSearch } from '../../../src/operator/search.ts'
import { rows } from '../../../src/store/database.ts'
import { WHOLE_REPOSITORY } from '../../../src/store/instance-selection.ts'
import { listJobInstances, selectInstances } from '../../../src/store/job-instances.ts'
import { createDatabase } from '../../support/database.ts'
import { standIn } from '../stand-in.ts'

const BATCH = '/ibm/api/batch'
const ZONE = 'America/New_York'
/** 11-11-2015:07:00:00 of the document's server. */
const clock = { now: () => Date.parse('2015-11-11T07:00-05:00') }

const { db } = await createDatabase(t)

interface Stored {
  readonly instanceId: number
  readonly createTime: string
  readonly instanceState?: string
  readonly exitStatus?: string
  readonly parameters?: Readonly<Record<string, string>>
}

async function store(instances: readonly Stored[]): Promise<void> {
  await rows(db, 'truncate job_instance, job_execution, job_parameter cascade')
  for (const {
    instanceId,
    createTime,
    instanceState = 'COMPLETED',
    exitStatus = 'COMPLETED',
    parameters = {}
  } of instances)
    await rows(
      db,
      /* sql */ `with instance as (
        insert into job_instance (instance_id, job_name, app_name, application, job_xml_name, xml_id, inline, submitter, batch_status,
          instance_state, exit_status, latest_execution_id, create_time, last_updated_time)
        values (:instanceId, 'job', 'App#App.war', 'App', 'job', 1, false, 'bob', 'COMPLETED', :instanceState, :exitStatus,
          :instanceId, :createTime::timestamptz, :createTime::timestamptz) returning instance_id, create_time
      ), execution as (
        insert into job_execution (execution_id, instance_id, execution_number, batch_status)
        select instance_id, instance_id, 0, 'COMPLETED' from instance
      )
      insert into job_parameter (execution_id, ordinal, name, value, instance_id, instance_time)
      select instance_id, p.at, p.key, p.value, instance_id, create_time
      from instance, json_each_text(:parameters::json) with ordinality p (key, value, at)`,
      { instanceId, createTime, instanceState, exitStatus, parameters: JSON.stringify(parameters) }
    )
}

const purged: number[][] = []
const { http } = standIn(
  {
    jobInstances: (search: InstanceSearch) => listJobInstances(db, search, WHOLE_REPOSITORY),
    purgeAll: async (search: InstanceSearch) => {
      purged.push(await selectInstances(db, search, WHOLE_REPOSITORY))
      return []
    }
  },
  { timeZone: ZONE, clock }
)
t.teardown(() => http.close())
const { port } = new URL(await http.listen({ host: '127.0.0.1', port: 0 }))

/** As the client of Liberty sends it: with raw `<`, `>` and `*`. */
async function raw(target: string): Promise<{ status: number; head: string; body: string }> {
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(Buffer.from(chunk)))
  await once(socket, 'close')
  const [head = '', ...body] = Buffer.concat(chunks).toString().split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), head, body: body.join('') }
}

async function ids(query: string, version = 'v4'): Promise<number[]> {
  const { status, body } = await raw(`${BATCH}/${version}/jobinstances?${query}`)
  if (status !== 200) throw new Error(`${status} ${body}`)
  return [...body.matchAll(/"instanceId":(\d+)/g)].map(([, id]) => Number(id))
}

/** The document's table; the date of row 11 is of 2015, as its own samples need it. */
const SAMPLE: readonly Stored[] = [
  { instanceId: 10, createTime: '2015-11-05 01:10:00-05', exitStatus: 'SUCCESS' },
  { instanceId: 11, createTime: '2015-11-08 02:20:00-05', exitStatus: 'SUCCESS' },
  { instanceId: 12, createTime: '2015-11-10 03:30:00-05', instanceState: 'FAILED', exitStatus: 'FAILURE' },
  { instanceId: 13, createTime: '2015-11-11 04:40:00-05', exitStatus: 'SUCCESS' }
]

t.test('the document’s table answers the document’s queries', async t => {
  await store(SAMPLE)
  const queries: Readonly<Record<string, readonly number[]>> = {
    'jobInstanceId=10:13': [13, 12, 11, 10],
    'jobInstanceId=11:13': [13, 12, 11],
    'jobInstanceId=>12': [13, 12],
    // Its rule, not its sample, which leaves 10 out.
    'jobInstanceId=<12': [12, 11, 10],
    'jobInstanceId=11,12': [12, 11],
    'jobinstanceId=11,12': [12, 11],
    'instanceState=FAILED': [12],
    'exitStatus=SUCCESS': [13, 11, 10],
    'createTime=>2d': [13, 12],
    'createTime=<2d': [11, 10],
    'createTime=2015-11-08:2015-11-11': [13, 12, 11],
    'createTime=2015-11-10': [12],
    'jobInstanceId=10:13&createTime=2015-11-10&instanceState=FAILED&exitStatus=*AIL*&page=0&pageSize=1000': [
      12
    ]
  }
  for (const version of ['v2', 'v3', 'v4'])
    for (const [query, wanted] of Object.entries(queries))
      t.same(await ids(query, version), wanted, `${version} ${query}`)
  t.same(await ids('lastUpdatedTime=2015-11-10', 'v3'), [12])
  t.same(await ids('createTime=>2d', 'v1'), [13, 12, 11, 10])
})

t.test('a purge selects what the list with the same query shows', async t => {
  await store(SAMPLE)
  for (const query of [
    'jobInstanceId=<12',
    'createTime=>2d',
    'createTime=2015-11-08:2015-11-11&pageSize=2&page=1',
    'instanceState=completed&sort=createTime',
    'exitStatus=S*&ignoreCase=true',
    'submitter=bob&submitter=alice&sort=-exitStatus,createTime&pageSize=3',
    'appName=App',
    'lastUpdatedTime=<0d&jobName=j*b'
  ]) {
    const listed = await ids(query)
    t.ok(listed.length > 0, query)
    const answer = await http.inject({ method: 'DELETE', url: `${BATCH}/v4/jobinstances?${query}` })
    t.equal(answer.statusCode, 200)
    t.same(purged.pop(), listed, query)
  }
})

t.test('signs of filters may be raw or percent-encoded, and `+` is a blank', async t => {
  await store([
    {
      instanceId: 1,
      createTime: '2015-11-11',
      exitStatus: '100% + done',
      parameters: { 'a b': '<1>', 정: '마감' }
    },
    { instanceId: 2, createTime: '2015-11-11', exitStatus: '100x _ done' }
  ])
  t.same(await ids('jobInstanceId=>2'), [2])
  t.same(await ids('jobInstanceId=%3E2'), [2])
  t.same(await ids('jobInstanceId=%3e1&jobInstanceId=%3C1'), [2, 1])
  t.same(await ids('exitStatus=100%25+%2B+done'), [1])
  t.same(await ids('exitStatus=100%25*'), [1])
  t.same(await ids('exitStatus=100_*'), [])
  t.same(await ids('exitStatus=*_*'), [2])
  t.same(await ids('jobParameter.a+b=<*>'), [1])
  t.same(await ids('jobParameter.%EC%A0%95=*%EA%B0%90'), [1])
  t.same(await ids('jobParameter.%2A=%2a'), [1])
})

t.test('what is no percent-encoded text is 400, whichever parameter it is in', async t => {
  for (const query of [
    'exitStatus=%',
    'exitStatus=%zz',
    'exitStatus=%ff',
    'exitStatus=%ED%A0%80',
    'x=%c3',
    '%E0%A4=1',
    'exitStatus=%00',
    'jobParameter.%00=x',
    'exitStatus=%u0041'
  ]) {
    const { status, head, body } = await raw(`${BATCH}/v4/jobinstances?${query}`)
    t.equal(status, 400, query)
    t.match(head, /application\/problem\+json/)
    t.match(JSON.parse(body), { status: 400 })
  }
})

t.test('a query longer than a request may be is refused, the server goes on', async t => {
  t.equal((await raw(`${BATCH}/v4/jobinstances?exitStatus=${'x'.repeat(64 * 1024)}`)).status, 400)
  t.same(await ids(`exitStatus=${'*x'.repeat(7000)}`), [])
  t.same(await ids(`jobInstanceId=${'1,'.repeat(7000)}2`), [2, 1])
  t.same(await ids(Array.from({ length: 900 }, (_, at) => `submitter=*${at}*`).join('&')), [])
})

t.test('what is overlooked is named in a header, and cannot break out of it', async t => {
  const { head } = await raw(`${BATCH}/v4/jobinstances?bar=1&foo%0d%0aX-Evil:1=2&sort=-bogus,createTime`)
  t.match(head, /\r\nx-ibm-unrecognized-fields: bar,foo%0D%0AX-Evil:1,sort=-bogus\r\n/i)
  t.notMatch((await raw(`${BATCH}/v2/jobinstances?bar=1`)).head, /unrecognized/i)
})

t.test('a long list is written as it is sent, in the layout of a short one', async t => {
  await rows(db, 'truncate job_instance, job_execution, job_parameter cascade')
  await rows(
    db,
    /* sql */ `insert into job_instance (instance_id, job_name, app_name, application, job_xml_name, xml_id, inline, submitter,
      batch_status, instance_state, latest_execution_id)
    select i, 'job', 'App#App.war', 'App', 'job', 1, false, 'bob', 'STARTING', 'SUBMITTED', i from generate_series(1, 12000) i`
  )
  const long = await http.inject(`${BATCH}/v4/jobinstances?pageSize=10000&jobInstanceId=<11000`)
  t.equal(long.headers['content-type'], 'application/json; charset=UTF-8')
  t.equal(long.json().length, 10_000)
  const short = await http.inject(`${BATCH}/v4/jobinstances?pageSize=500&jobInstanceId=<11000`)
  t.equal(short.body, `${long.body.slice(0, short.body.length - 3)}\n]\n`)
  t.equal((await http.inject({ method: 'HEAD', url: `${BATCH}/v4/jobinstances?pageSize=10000` })).body, '')
})

t.test('the names a job has with JES are in lists, from the newest execution', async t => {
  const prefix = 'com.ibm.ws.batch.submitter.'
  await store([
    {
      instanceId: 1,
      createTime: '2015-11-11',
      parameters: { [`${prefix}jobName`]: 'CLOSE', [`${prefix}jobId`]: 'JOB00042' }
    },
    { instanceId: 2, createTime: '2015-11-10' }
  ])
  const [jes, plain] = (await http.inject(`${BATCH}/jobinstances`)).json()
  t.match(jes, { JESJobName: 'CLOSE', JESJobId: 'JOB00042' })
  t.notOk('JESJobName' in plain)
  t.same(await ids(`jobParameter.${prefix}jobName=CL*`), [1])
})
