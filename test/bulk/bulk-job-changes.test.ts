// What happens to a bulk job on its way: confirmed, cancelled, stopped, failed, cloned, run again over what failed.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { whenJob } from '../support/jobs.ts'
import { until } from '../support/until.ts'
import {
  caller,
  create,
  creation,
  failEvery,
  FINAL,
  manifestOf,
  statusesOf,
  upload,
  when
} from './bulk-client.ts'

const REPORT = { report: { enabled: true, prefix: 'reports' } }

t.test('on a server with the application Bulk', async t => {
  const app = await buildApp(t)
  const call = caller(app)

  t.test('R002-13 a job that is to be confirmed waits Suspended, and goes on when it is', async t => {
    const jobId = await create(
      call,
      creation(await upload(call, manifestOf(2)), { confirmationRequired: true })
    )
    const suspended = await when(call, jobId, 'Suspended')
    t.match(suspended, {
      suspendedCause: 'AwaitingConfirmation',
      progressSummary: { totalNumberOfTasks: 2 },
      instanceId: null
    })
    t.match(suspended.suspendedDate, /Z$/)
    t.match(
      (await call('POST', `/jobs/${jobId}/status?requestedJobStatus=Ready&statusUpdateReason=fine`)).json,
      {
        jobId,
        status: 'Ready',
        statusUpdateReason: 'fine'
      }
    )
    t.match(await when(call, jobId, 'Complete'), { statusUpdateReason: 'fine' })
    t.match((await call('POST', `/jobs/${jobId}/status?requestedJobStatus=Ready`)).json, {
      status: 409,
      code: 'BulkJobState'
    })
    t.same(await statusesOf(call, jobId), [
      'New',
      'Preparing',
      'Suspended',
      'Ready',
      'Active',
      'Completing',
      'Complete'
    ])
  })

  t.test(
    'R002-20 R002-21 R002-40 a cancelled job stops, with the report of what was done, and never changes again',
    async t => {
      const jobId = await create(
        call,
        creation(await upload(call, manifestOf(3000)), { operation: failEvery({ delayMs: '20' }), ...REPORT })
      )
      await when(call, jobId, 'Active')
      await whenDone(jobId, 1)
      const answer = await call(
        'POST',
        `/jobs/${jobId}/status?requestedJobStatus=Cancelled&statusUpdateReason=too%20late`
      )
      t.match(answer.json, { status: 'Cancelling', statusUpdateReason: 'too late' })
      const job = await when(call, jobId, ...FINAL)
      t.match(job, { status: 'Cancelled', statusUpdateReason: 'too late' })
      const { numberOfTasksSucceeded: done } = job.progressSummary
      t.ok(done >= 1 && done < 3000, String(done))
      t.match((await call('GET', `/jobs/${jobId}/report`)).json, { Job: { status: 'Cancelled' } })
      t.match(await whenJob(app.operator, job.instanceId, 'STOPPED'), { batchStatus: 'STOPPED' })
      for (const requested of ['Ready', 'Cancelled'])
        t.equal((await call('POST', `/jobs/${jobId}/status?requestedJobStatus=${requested}`)).status, 409)
      t.equal((await call('POST', `/jobs/${jobId}/priority?priority=3`)).status, 404)
      // The engine would restart it; its ledger is closed.
      const restarted = await app.http.inject({
        method: 'PUT',
        url: `/ibm/api/batch/jobinstances/${job.instanceId}?action=restart`
      })
      t.equal(restarted.statusCode, 200)
      await whenJob(app.operator, job.instanceId, 'FAILED')
      t.match((await call('GET', `/jobs/${jobId}`)).json, {
        status: 'Cancelled',
        progressSummary: { numberOfTasksSucceeded: done }
      })
    }
  )

  t.test('until its stop has come a cancelled job goes on, and its execution does not fail', async t => {
    const jobId = await create(
      call,
      creation(await upload(call, manifestOf(3000)), { operation: failEvery({ delayMs: '20' }) })
    )
    const { instanceId } = await whenDone(jobId, 1)
    // What a stop has to write, and a chunk has not.
    const lock = await app.database.db.transaction()
    await rows(lock, 'select from job_instance where instance_id = :instanceId for update', { instanceId })
    t.match((await call('POST', `/jobs/${jobId}/status?requestedJobStatus=Cancelled`)).json, {
      status: 'Cancelling'
    })
    const done = async () => {
      const { status, progressSummary } = (await call('GET', `/jobs/${jobId}`)).json
      if (status !== 'Cancelling') throw new Error(`it is ${status}`)
      return progressSummary.numberOfTasksSucceeded as number
    }
    const before = await done()
    // A chunk at least has begun since.
    await until('it has gone on', async () => (await done()) >= before + 200)
    await lock.commit()
    t.match(await when(call, jobId, ...FINAL), { status: 'Cancelled' })
    await whenJob(app.operator, instanceId, 'STOPPED')
  })

  t.test('a stop by the batch API ends it Cancelled', async t => {
    const jobId = await create(
      call,
      creation(await upload(call, manifestOf(3000)), { operation: failEvery({ delayMs: '20' }) })
    )
    const { instanceId } = await whenDone(jobId, 1)
    await app.http.inject({ method: 'PUT', url: `/ibm/api/batch/jobinstances/${instanceId}?action=stop` })
    t.match(await when(call, jobId, ...FINAL), { status: 'Cancelled' })
    t.same((await statusesOf(call, jobId)).slice(-3), ['Active', 'Cancelling', 'Cancelled'])
  })

  t.test('a job that is Suspended is cancelled without ever having run', async t => {
    const jobId = await create(
      call,
      creation(await upload(call, manifestOf(2)), { confirmationRequired: true })
    )
    await when(call, jobId, 'Suspended')
    await call('POST', `/jobs/${jobId}/status?requestedJobStatus=Cancelled`)
    t.match(await when(call, jobId, ...FINAL), { status: 'Cancelled', instanceId: null })
  })

  t.test('R002-22 R002-23 an operation that nobody exports ends it Failed with the reason', async t => {
    const operation = { artifact: { application: 'Bulk', ref: 'nothingLikeIt' } }
    const jobId = await create(call, creation(await upload(call, manifestOf(2)), { operation }))
    t.match(await when(call, jobId, ...FINAL), {
      status: 'Failed',
      failureReasons: [
        { failureCode: 'JobExecutionFailed', failureReason: /Bulk exports no operation nothingLikeIt/ }
      ]
    })
  })

  t.test(
    'R002-4 R002-32 a clone is a job like it but for what is overridden, a rerun has the objects that failed',
    async t => {
      const manifestId = await upload(call, manifestOf(7))
      const jobId = await create(
        call,
        creation(manifestId, { operation: failEvery({ n: '3' }), description: 'first', ...REPORT })
      )
      await when(call, jobId, 'Complete')
      const cloned = (
        await call('POST', `/jobs/${jobId}/clone`, { overrides: { priority: 11, operation: failEvery({}) } })
      ).json
      t.match(await when(call, cloned.jobId, 'Complete'), {
        description: 'first',
        priority: 11,
        report: { enabled: true, prefix: 'reports' },
        progressSummary: { numberOfTasksSucceeded: 7, numberOfTasksFailed: 0 }
      })
      t.equal((await call('POST', `/jobs/${jobId}/clone`)).status, 201)
      const { status, json: rerun } = await call('POST', `/jobs/${jobId}/rerun-failed`)
      t.equal(status, 201)
      t.match(await when(call, rerun.jobId, 'Complete'), {
        rerunOf: jobId,
        progressSummary: { totalNumberOfTasks: 2 }
      })
      const tasks = (await call('GET', `/jobs/${rerun.jobId}/tasks`)).json.items as {
        row: number
        key: string
      }[]
      t.same(
        tasks.map(({ row, key }) => [row, key]),
        [
          [1, 'key 3'],
          [2, 'key 6']
        ]
      )
      t.match((await call('POST', `/jobs/${cloned.jobId}/rerun-failed`)).json, {
        status: 409,
        code: 'BulkJobState'
      })
    }
  )

  async function whenDone(jobId: string, tasks: number) {
    for (;;) {
      const job = await when(call, jobId, 'Active', 'Complete')
      if (job.progressSummary.numberOfTasksSucceeded >= tasks || job.status === 'Complete') return job
    }
  }
})
