// The server's own batches, on a whole server: there from the start, run as job instances, and nobody else's.
import { rm } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { SYSTEM_BATCHES } from '../../src/batch/system-batch.ts'
import { rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { endedJob, submitJsl } from '../support/jobs.ts'
import { clientOf, quickDefinition } from '../http/schedules/scheduling-client.ts'

const app = await buildApp(t)
const client = clientOf(app)
const { ask, get, post, put } = client
await quickDefinition(client)

const ran = async (code: string, parameters: object = {}) => {
  const started = await post(`/schedules/${code}/run`, { parameters })
  if (started.status !== 201) throw new Error(started.text)
  return await client.ended(started.json.instanceId)
}

/** A run that ended so many days ago. */
async function oldRun(days: number): Promise<number> {
  const { instanceId } = (await post('/definitions/quick/run')).json
  await client.ended(instanceId)
  await rows(
    app.database.db,
    `update batchyard.job_instance set last_updated_time = clock_timestamp() - :days * interval '1 day' where instance_id = :instanceId`,
    { days, instanceId }
  )
  return instanceId
}

const logOf = async (instanceId: number) =>
  (await app.http.inject(`/ibm/api/batch/jobinstances/${instanceId}/joblogs?type=text`)).body

t.test(
  'R004-70 R004-71 they are there from the start, the first two Active, and can be edited but not deleted',
  async t => {
    const { items } = (await get('/schedules?name=BATCH_*')).json
    t.same(
      items.map((one: { name: string }) => one.name),
      SYSTEM_BATCHES.toSorted()
    )
    for (const one of items) {
      t.match(one, { code: one.name, definition: one.name, system: true, createdBy: 'BATCHYARD' })
      t.equal(
        one.state,
        ['BATCH_NETTOYAGE', 'BATCH_DESTRUCT_HISTO'].includes(one.name) ? 'Active' : 'InActive'
      )
    }
    t.match((await get('/schedules/BATCH_NETTOYAGE')).json.programming.fr, 'Tous les jours à 22h00')
    t.match((await get('/schedules/BATCH_DESTRUCT_HISTO')).json, {
      programming: { fr: 'Tous les jours à 23h00' },
      nextFireTime: /T23:00:00/
    })
    for (const name of ['BATCH_NETTOYAGE', 'BATCH_DESTRUCT_HISTO'])
      t.ok(
        Date.parse((await get(`/schedules/${name}`)).json.nextFireTime) > Date.now() + 2 * 3_600_000,
        'whatever time it is, no test is disturbed by it'
      )
    t.match((await get('/schedules/BATCH_APP_EN_MAINT')).json, {
      programming: { fr: 'Aucun jour à 22h55' },
      nextFireTime: null
    })
    t.match((await get('/definitions/BATCH_DESTRUCT_HISTO')).json, {
      system: true,
      parameters: { days: { default: '30' } },
      steps: ['task']
    })
    t.match((await ask('DELETE', '/definitions/BATCH_VACUUM')).json, { status: 409, code: 'PartOfServer' })
    t.match((await ask('DELETE', '/schedules/BATCH_VACUUM')).json, { status: 409, code: 'PartOfServer' })
    t.match((await post('/definitions/BATCH_VACUUM/versions', { jsl: '<job/>' })).json, {
      status: 409,
      code: 'PartOfServer'
    })
    const edited = await put('/schedules/BATCH_VACUUM', {
      when: { rule: { weekdays: ['sun'], at: '04:00' } },
      label: 'VACUUM'
    })
    t.match(edited.json, { label: 'VACUUM', system: true })
  }
)

t.test('R004-63 a second server leaves them as the administrator has them', async t => {
  await buildApp(t, { BATCH_DATABASE_URL: app.database.url })
  t.match((await get('/schedules/BATCH_VACUUM')).json, { label: 'VACUUM' })
  t.equal((await get('/definitions/BATCH_VACUUM/versions')).json.items.length, 1)
})

t.test('E14 history goes too whose job logs another server has on a disk of its own', async t => {
  const second = await buildApp(t, {
    BATCH_DATABASE_URL: app.database.url,
    BATCH_SERVER_ID: 'second',
    BATCH_ROLE: 'dispatcher'
  })
  const old = await oldRun(31)
  const moved = await rows(
    app.database.db,
    /* sql */ `update batchyard.job_log_part p
    set server_id = (select server_id from batchyard.incarnation where server_id like '%/second')
    from batchyard.job_execution e where e.execution_id = p.execution_id and e.instance_id = :old returning p.path`,
    { old }
  )
  t.ok(moved.length > 0)
  for (const { path: part } of moved as { path: string }[])
    await rm(path.join(app.directory, 'joblogs', part))
  t.equal((await clientOf(second).get(`/runs/${old}`)).status, 200)
  t.match(await logOf((await ran('BATCH_DESTRUCT_HISTO')).instanceId), /Job instances purged: 1;/)
  t.equal((await get(`/runs/${old}`)).status, 404)
})

t.test('R004-10 R004-53 the history is purged that is older than the days it is given', async t => {
  const old = await oldRun(31)
  const younger = await oldRun(29)
  const run = await ran('BATCH_DESTRUCT_HISTO')
  t.match(run, { batchStatus: 'COMPLETED', trigger: 'manual', schedule: 'BATCH_DESTRUCT_HISTO' })
  t.match(await logOf(run.instanceId), /Job instances purged: 1;/)
  t.equal((await get(`/runs/${old}`)).status, 404)
  t.equal((await get(`/runs/${younger}`)).status, 200)
  await ran('BATCH_DESTRUCT_HISTO', { days: '28' })
  t.equal((await get(`/runs/${younger}`)).status, 404)
  t.match(await ran('BATCH_DESTRUCT_HISTO', { days: 'many' }), {
    batchStatus: 'FAILED',
    steps: [{ message: /days must be a whole number/ }]
  })
})

t.test('job logs of what is old are deleted, the history stays', async t => {
  const old = await oldRun(31)
  t.match(await logOf(old), /CWWKY/)
  t.match(await logOf((await ran('BATCH_DESTRUCT_LOGS')).instanceId), /deleted: 1\./)
  t.equal((await get(`/runs/${old}`)).status, 200)
  t.notMatch(await logOf(old), /CWWKY0009I/)
})

t.test('R004-11 R004-52 what hangs without a server is ended, so that it can be started again', async t => {
  const { instanceId } = (await post('/definitions/quick/run')).json
  const { executionId } = await client.ended(instanceId)
  await rows(
    app.database.db,
    `update batchyard.job_execution set batch_status = 'STARTED', end_time = null, start_time = clock_timestamp() - interval '5 hours' where execution_id = :executionId`,
    { executionId }
  )
  await rows(
    app.database.db,
    `update batchyard.job_instance set batch_status = 'STARTED', instance_state = 'DISPATCHED' where instance_id = :instanceId`,
    { instanceId }
  )
  t.match(await ran('BATCH_NETTOYAGE'), { batchStatus: 'COMPLETED' })
  t.match((await get(`/runs/${instanceId}`)).json, { batchStatus: 'STOPPED' })
})

t.test(
  'R004-7 R004-9 maintenance is scheduled like anything else, and left by a batch in maintenance',
  async t => {
    t.match(await ran('BATCH_APP_EN_MAINT', { reason: 'tonight' }), { batchStatus: 'COMPLETED' })
    t.match((await get('/maintenance')).json, { on: true, reason: 'tonight' })
    t.equal((await post('/definitions/quick/run')).status, 503)
    t.match(await ran('BATCH_APP_EN_SERVICE'), { batchStatus: 'COMPLETED' })
    t.match((await get('/maintenance')).json, { on: false })
    t.equal((await post('/definitions/quick/run')).status, 201)
  }
)

t.test('tables are tidied up', async t => {
  const run = await ran('BATCH_VACUUM')
  t.match(run, { batchStatus: 'COMPLETED' })
  t.match(await logOf(run.instanceId), /Tables tidied up: \d+/)
})

t.test('a JSL that somebody sends gets nothing done by the artifact of these batches', async t => {
  const step = `<step id="s"><batchlet ref="systemBatchlet"><properties><property name="task" value="BATCH_APP_EN_MAINT"/></properties></batchlet></step>`
  const ended = await endedJob(app.operator, await submitJsl(app.operator, 'SimpleBatchJob', step))
  t.equal(ended.batchStatus, 'FAILED')
  t.match((await get('/maintenance')).json, { on: false })
  const unknown = await app.http.inject({
    method: 'POST',
    url: '/ibm/api/batch/jobinstances',
    payload: {
      applicationName: 'Batchyard',
      jobXML: '<job id="x" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"/>'
    }
  })
  t.match(unknown.json(), { status: 400, code: 'ApplicationUnknown' })
})
