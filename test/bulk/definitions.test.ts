// A bulk job whose operation is a job definition: one run for each object, and what became of it is the task's outcome.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { until } from '../support/until.ts'
import { caller, create, creation, FINAL, manifestOf, upload, when } from './bulk-client.ts'

const JSL = `<job id="of-object" xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0"><step id="s">
  <batchlet ref="failingBatchlet"><properties>
    <property name="force.failure" value="#{jobParameters['fails']}?:false;"/></properties></batchlet></step></job>`
const SLEEPY = `<job id="of-object" xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0"><step id="s">
  <batchlet ref="sleepyBatchlet"><properties>
    <property name="sleep.time.seconds" value="300"/></properties></batchlet></step></job>`

const PARAMETERS = { region: { default: 'US' }, pin: { secret: true } }

t.test('on a server with definitions', async t => {
  const app = await buildApp(t)
  const call = caller(app)
  const define = async (name: string, jsl: string) =>
    t.equal(
      (
        await call('POST', '/definitions', {
          name,
          application: 'SimpleBatchJob',
          jsl,
          parameters: PARAMETERS
        })
      ).status,
      201
    )
  await define('per-object', JSL)
  await define('sleeper', SLEEPY)
  const runsOf = async (jobId: string) =>
    await rows<{
      parameters: Record<string, string>
      trigger: string
      definition: string
      batch_status: string
    }>(
      app.database.db,
      `select r.trigger, r.definition, i.batch_status,
        (select json_object_agg(p.name, p.value) from job_parameter p where p.execution_id = i.latest_execution_id) as parameters
      from bulk_run b join bulk_job j using (job_number) join job_instance i on i.instance_id = b.instance_id
        join run r on r.instance_id = i.instance_id where j.job_id = :jobId order by b.task_row`,
      { jobId }
    )

  t.test('each object has a run with its names as parameters, and the outcome of that run', async t => {
    const manifestId = await upload(call, 'b,a%20b,no\nb,c,yes\nb,d,no\nb,e,no\nb,f,no\nb,g,yes\n')
    const jobId = await create(
      call,
      creation(manifestId, {
        manifest: { location: { manifestId }, spec: { format: 'CSV', fields: ['Bucket', 'Key', 'colour'] } },
        operation: {
          definition: { name: 'per-object', version: null, parameters: { region: 'EU', pin: '1234' } }
        },
        failureThreshold: { minimumTasks: 1000, percent: 50 }
      })
    )
    t.match(await when(call, jobId, ...FINAL), {
      status: 'Complete',
      operation: { definition: { parameters: { region: 'EU', pin: '********' } } },
      progressSummary: { totalNumberOfTasks: 6, numberOfTasksSucceeded: 6, numberOfTasksFailed: 0 }
    })
    const runs = await runsOf(jobId)
    t.equal(runs.length, 6)
    t.match(runs[0], { trigger: 'bulk', definition: 'per-object', batch_status: 'COMPLETED' })
    t.same(runs[0]!.parameters, { region: 'EU', pin: '1234', bucket: 'b', key: 'a b', colour: 'no' })
  })

  t.test('a run that fails is a task that failed', async t => {
    const operation = { definition: { name: 'per-object', parameters: { fails: 'true' } } }
    const jobId = await create(call, creation(await upload(call, manifestOf(2)), { operation }))
    t.match(await when(call, jobId, ...FINAL), {
      status: 'Complete',
      progressSummary: { numberOfTasksFailed: 2 }
    })
    const { items } = (await call('GET', `/jobs/${jobId}/tasks`)).json
    t.match(items, [{ status: 'Failed', attempts: 1, errorCode: 'FAILED' }, { status: 'Failed' }])
  })

  t.test('cancelled, it stops the runs that are under way; no more than a few were', async t => {
    const operation = { definition: { name: 'sleeper' } }
    const jobId = await create(call, creation(await upload(call, manifestOf(20)), { operation }))
    await until('some run', async () => (await runsOf(jobId)).some(run => run.batch_status === 'STARTED'))
    await call('POST', `/jobs/${jobId}/status?requestedJobStatus=Cancelled`)
    await when(call, jobId, 'Cancelled')
    await until('all have stopped', async () =>
      (await runsOf(jobId)).every(run => run.batch_status === 'STOPPED')
    )
    t.ok((await runsOf(jobId)).length <= 4)
  })

  t.test(
    'on fewer threads than bulk jobs, and with a cap of one job, their runs run all the same',
    async t => {
      const small = await buildApp(t, { BATCH_THREADS: '2', BATCH_CAPS: '{"submitter:NOTSET":1}' })
      const call = caller(small)
      const definition = { name: 'quick', application: 'SimpleBatchJob', jobXMLName: 'test_noop' }
      t.equal((await call('POST', '/definitions', definition)).status, 201)
      const manifestId = await upload(call, manifestOf(6))
      const body = () => creation(manifestId, { operation: { definition: { name: 'quick' } } })
      const jobIds = [await create(call, body()), await create(call, body()), await create(call, body())]
      for (const jobId of jobIds)
        t.match(await when(call, jobId, ...FINAL), {
          status: 'Complete',
          progressSummary: { numberOfTasksSucceeded: 6 }
        })
    }
  )

  t.test('a definition that is being deleted is not named by a bulk job that comes meanwhile', async t => {
    await define('leaving', JSL)
    const manifestId = await upload(call, manifestOf(1))
    const body = creation(manifestId, { operation: { definition: { name: 'leaving' } } })
    const deletion = await app.database.db.transaction()
    await rows(deletion, `select from definition where name = 'leaving' for update`)
    const answer = call('POST', '/jobs', body)
    await until('the creation waits for the lock', async () => {
      const waiting = await rows(
        app.database.db,
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      )
      return waiting.length > 0
    })
    await rows(deletion, `update definition set delete_time = clock_timestamp() where name = 'leaving'`)
    await deletion.commit()
    t.match((await answer).json, { status: 400, errors: [{ path: 'operation.definition.name' }] })
  })

  t.test('an unknown definition or version is 400', async t => {
    const manifestId = await upload(call, manifestOf(1))
    for (const [definition, path] of [
      [{ name: 'nothing' }, 'operation.definition.name'],
      [{ name: 'per-object', version: 9 }, 'operation.definition.version']
    ] as const)
      t.match((await call('POST', '/jobs', creation(manifestId, { operation: { definition } }))).json, {
        status: 400,
        errors: [{ path }]
      })
  })
})
