// `/metrics` of a whole server: what it says of jobs that ran, and that it goes on saying it while PostgreSQL is away.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { CALLER, endedJob, submitJsl } from '../../support/jobs.ts'
import { tcpProxy } from '../../support/tcp-proxy.ts'
import { until } from '../../support/until.ts'
import { as, writeUsersFile } from '../../support/users.ts'
import { submit } from '../liberty/real-app.ts'
import { scraped } from './scraped.ts'

const app = await buildApp(t)
const { http, operator } = app

async function scrape(): Promise<ReadonlyMap<string, number>> {
  const answer = await http.inject('/metrics')
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return scraped(answer.body)
}

t.test('it is text in the form that Prometheus reads', async t => {
  const answer = await http.inject('/metrics')
  t.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  const samples = scraped(answer.body)
  t.equal(samples.get('batchyard_database_up'), 1)
  t.ok(samples.get('process_resident_memory_bytes')! > 1e6)
  t.equal(samples.get('batchyard_pool_limit{pool="life"}'), 1)
})

t.test('a job that ran is counted: its claim, its chunks, and how long it took', async t => {
  const before = await scrape()
  const submitted = await submit(http, { applicationName: 'SimpleBatchJob', jobXMLName: 'test_chunk' })
  const execution = await endedJob(operator, submitted.instanceId)
  t.equal(execution.batchStatus, 'COMPLETED')
  const grown = (samples: ReadonlyMap<string, number>, name: string) => samples.get(name)! - before.get(name)!
  await until('it is counted', async () => {
    const now = await scrape()
    return grown(now, 'batchyard_job_duration_seconds_count{status="COMPLETED"}') === 1
  })
  const now = await scrape()
  t.equal(grown(now, 'batchyard_claims_total'), 1)
  const [step] = await operator.stepExecutions(execution.executionId, null, CALLER)
  t.equal(grown(now, 'batchyard_chunks_total{outcome="committed"}'), step!.metrics.COMMIT_COUNT)
  t.equal(grown(now, 'batchyard_job_duration_seconds_bucket{status="COMPLETED",le="86400"}'), 1)
  t.equal(grown(now, 'batchyard_crashes_total'), 0)
  t.ok(now.get('batchyard_threads{state="idle"}')! >= 1)
  t.ok(now.get('batchyard_lease_age_seconds')! < 20)
})

t.test('units are told by kind and status, and what waits by how long it could have begun', async t => {
  const elements = `<step id="s"><batchlet ref="sleepyBatchlet"><properties>
    <property name="sleep.time.seconds" value="120"/></properties></batchlet></step>`
  for (let at = 0; at < 40; at++) await submitJsl(operator, 'SimpleBatchJob', elements)
  await until('some wait', async () => {
    const now = await scrape()
    return now.get('batchyard_units{kind="execution",status="READY",waits_for=""}')! > 0
  })
  const threads = (await scrape()).get('batchyard_units{kind="execution",status="STARTED",waits_for=""}')!
  t.ok(threads > 0)
  await until('time goes by', async () => (await scrape()).get('batchyard_oldest_ready_seconds')! > 1)
  t.equal((await scrape()).get('batchyard_units{kind="partition",status="WAITING",waits_for="cap"}'), 0)
})

t.test('while PostgreSQL is away the rest is still told', async t => {
  const proxy = await tcpProxy(t, app.database.url)
  const cutOff = await buildApp(t, { BATCH_DATABASE_URL: proxy.url, BATCH_SERVER_ID: 'cut-off' })
  proxy.close()
  const away = await until('it is noticed', async () => {
    const samples = scraped((await cutOff.http.inject('/metrics')).body)
    return samples.get('batchyard_database_up') === 0 ? samples : null
  })
  t.ok(away.has('batchyard_claims_total'))
  t.notOk([...away.keys()].some(name => name.startsWith('batchyard_units')))
  proxy.open()
  await until(
    'it is back',
    async () => scraped((await cutOff.http.inject('/metrics')).body).get('batchyard_database_up') === 1
  )
})

t.test('every name stands in docs/metrics.md, and nothing else does', async t => {
  const docs = await readFile(path.resolve(import.meta.dirname, '../../../docs/metrics.md'), 'utf8')
  const documented = new Set(docs.match(/(?<=^\| `)(?:batchyard|process|nodejs)_\w+/gm))
  const told = new Set((await http.inject('/metrics')).body.match(/(?<=^# TYPE )\w+/gm))
  t.same([...told].sort(), [...documented].sort())
})

t.test('where users are configured it wants a login, and a role', async t => {
  const guarded = await buildApp(t, { BATCH_USERS_FILE: await writeUsersFile(t.testdir()) })
  t.equal((await guarded.http.inject('/metrics')).statusCode, 401)
  const of = async (user: string) =>
    (await guarded.http.inject({ url: '/metrics', headers: as(user) })).statusCode
  t.equal(await of('nobody'), 401)
  t.equal(await of('mona'), 200)
})
