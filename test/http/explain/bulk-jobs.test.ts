// Each reason for which a bulk job does not get on, brought about for real, and how it is explained.
import t from 'tap'
import {
  caller,
  create,
  creation,
  failEvery,
  FINAL,
  manifestOf,
  upload,
  when
} from '../../bulk/bulk-client.ts'
import { buildApp } from '../../support/build-app.ts'
import { until } from '../../support/until.ts'
import { as, writeUsersFile } from '../../support/users.ts'

const SLOW = { operation: failEvery({ delayMs: '5' }) }

t.test('on a server with few threads', async t => {
  const app = await buildApp(t, { BATCH_THREADS: '1' })
  const call = caller(app)
  const explain = async (jobId: string) => (await call('GET', `/explain/jobs/${jobId}`)).json
  const job = async (rows: number, more: object) =>
    await create(call, creation(await upload(call, manifestOf(rows)), { ...more }))

  t.test('CONFIRMATION, then NOT_WAITING when it has ended', async t => {
    const id = await job(3, { confirmationRequired: true })
    await when(call, id, 'Suspended')
    t.match(await explain(id), {
      state: 'Suspended',
      waitingFor: [{ code: 'CONFIRMATION', text: /waits to be confirmed/, since: String, until: null }],
      place: null
    })
    await call('POST', `/jobs/${id}/status?requestedJobStatus=Cancelled`)
    const { terminationDate } = await when(call, id, ...FINAL)
    t.match(await explain(id), {
      state: 'Cancelled',
      waitingFor: [{ code: 'NOT_WAITING', text: /has ended: Cancelled/, since: terminationDate }],
      place: null
    })
  })

  t.test('HIGHER_PRIORITY: which one, and the place among those that wait', async t => {
    const high = await job(3000, { ...SLOW, priority: 9 })
    await when(call, high, 'Active')
    const low = await job(10, { priority: 1 })
    const middle = await job(10, { priority: 5 })
    await when(call, low, 'Ready')
    await when(call, middle, 'Ready')
    const [reason] = (await explain(low)).waitingFor
    t.match(reason, { code: 'HIGHER_PRIORITY', about: { jobId: String }, since: String })
    t.ok([high, middle].includes(reason.about.jobId), 'one that is higher')
    t.equal((await explain(middle)).waitingFor[0].about.jobId, high)
    t.same([(await explain(middle)).place, (await explain(low)).place], [1, 2])
    t.match(await explain(high), { state: 'Active', waitingFor: [{ code: 'NOT_WAITING' }], place: null })
    for (const id of [low, middle, high])
      await call('POST', `/jobs/${id}/status?requestedJobStatus=Cancelled`)
    for (const id of [low, middle, high]) await when(call, id, ...FINAL)
  })

  t.test('what its job instance waits for: a thread', async t => {
    const submitted = await app.http.inject({
      method: 'POST',
      url: '/ibm/api/batch/jobinstances',
      payload: {
        applicationName: 'SimpleBatchJob',
        jobXMLName: 'test_sleepyBatchlet',
        jobParameters: { 'sleep.time.seconds': '300' }
      }
    })
    const busy: number = submitted.json().instanceId
    const url = `/ibm/api/batch/jobinstances/${busy}`
    await until('it runs', async () => (await app.http.inject(url)).json().batchStatus === 'STARTED')
    const id = await job(10, {})
    await when(call, id, 'Active')
    const explained = await until('its instance was submitted', async () => {
      const found = await explain(id)
      return found.waitingFor[0].code === 'NOT_WAITING' ? null : found
    })
    t.match(explained, {
      state: 'Active',
      waitingFor: [{ code: 'NO_FREE_THREAD', text: new RegExp(`job instance ${busy}\\.`) }]
    })
    await app.http.inject({ method: 'PUT', url: `${url}?action=stop` })
    await when(call, id, ...FINAL)
  })

  t.test('MAINTENANCE: no bulk job begins', async t => {
    const id = await job(3, { confirmationRequired: true })
    await when(call, id, 'Suspended')
    const turn = async (on: boolean) => {
      const { headers } = await app.http.inject('/api/v1/maintenance')
      await app.http.inject({
        method: 'PUT',
        url: '/api/v1/maintenance',
        headers: { 'if-match': String(headers['etag']) },
        payload: { on, reason: 'new disks' }
      })
    }
    await turn(true)
    await call('POST', `/jobs/${id}/status?requestedJobStatus=Ready`)
    t.match(await explain(id), {
      state: 'Ready',
      waitingFor: [{ code: 'MAINTENANCE', text: /new disks/ }],
      place: 1
    })
    await turn(false)
    await when(call, id, 'Complete')
  })

  t.test('unknown ones', async t => {
    t.match(await call('GET', '/explain/jobs/none'), { status: 404, json: { code: 'NoSuchBulkJob' } })
  })
})

t.test('whoever may see a bulk job may have it explained', async t => {
  const app = await buildApp(t, { BATCH_USERS_FILE: await writeUsersFile(t.testdir()) })
  const admin = caller(app)
  const manifest = await admin('POST', '/manifests', manifestOf(1), as('bob'))
  const { json } = await admin(
    'POST',
    '/jobs',
    creation(manifest.json.manifestId, { confirmationRequired: true }),
    as('bob')
  )
  for (const [user, status] of [
    ['bob', 200],
    ['mona', 200],
    ['admin', 200],
    ['alice', 401],
    ['nobody', 401]
  ] as const)
    t.equal((await admin('GET', `/explain/jobs/${json.jobId}`, undefined, as(user))).status, status, user)
})
