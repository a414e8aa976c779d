// Requirement document 002 through a whole server: from a manifest to its report. Titles begin with the numbers of its requirements.
import { createHash } from 'node:crypto'
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
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

  t.test(
    'R002-3 R002-11 R002-12 R002-14 R002-15 R002-18 R002-19 R002-24 R002-68 R002-69 a job goes from New to Complete, with each of its tasks done once',
    async t => {
      const manifestId = await upload(call, manifestOf(1200))
      const jobId = await create(
        call,
        creation(manifestId, { operation: failEvery({ n: '100' }), description: 'mine' })
      )
      const job = await when(call, jobId, ...FINAL)
      t.match(job, {
        jobId,
        status: 'Complete',
        description: 'mine',
        priority: 10,
        confirmationRequired: false,
        manifest: {
          location: { manifestId },
          etag: null,
          spec: { format: 'CSV', fields: ['Bucket', 'Key'] }
        },
        operation: { artifact: { application: 'Bulk', ref: 'failEvery', properties: { n: '100' } } },
        report: { enabled: false, format: 'Report_CSV_V1', scope: 'AllTasks', prefix: '' },
        failureThreshold: { minimumTasks: 1000, percent: 50 },
        progressSummary: { totalNumberOfTasks: 1200, numberOfTasksSucceeded: 1188, numberOfTasksFailed: 12 },
        failureReasons: [],
        suspendedDate: null,
        suspendedCause: null
      })
      t.match(jobId, /^[a-zA-Z0-9_-]{5,36}$/)
      t.match(job.creationTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      t.ok(job.terminationDate >= job.creationTime)
      t.ok(job.progressSummary.elapsedMs > 0)
      t.same(await statusesOf(call, jobId), ['New', 'Preparing', 'Ready', 'Active', 'Completing', 'Complete'])
      const found = await rows<{ n: number }>(
        app.database.db,
        'select count(distinct task_row) as n from bulk_outcome join bulk_job using (job_number) where job_id = :jobId',
        { jobId }
      )
      t.same(found, [{ n: 1200 }])
      t.match((await call('GET', `/jobs/${jobId}/report`)).json, { status: 404, code: 'NoSuchBulkReport' })
    }
  )

  t.test('R002-25 one engine: it is a job instance, with log, in the lists of the batch API', async t => {
    const jobId = await create(
      call,
      creation(await upload(call, manifestOf(3)), { operation: failEvery({ n: '2' }) })
    )
    const { instanceId } = await when(call, jobId, 'Complete')
    const list = await app.http.inject({
      url: `/ibm/api/batch/v4/jobinstances?jobParameter.bulkJobId=${jobId}`
    })
    t.match(list.json(), [{ instanceId, jobName: 'bulk.failEvery', batchStatus: 'COMPLETED' }])
    const log = await app.http.inject({ url: `/ibm/api/batch/jobinstances/${instanceId}/joblogs?type=text` })
    t.match(log.payload, /Task 2 \(b, key 2\) failed: FailEvery: row 2 is divisible by 2/)
  })

  t.test(
    'R002-40 R002-41 R002-42 R002-43 the report lists every task, with checksums of its files',
    async t => {
      const jobId = await create(
        call,
        creation(await upload(call, 'b,a%20b\nb,x%2Cy\nb,한글\n'), {
          operation: failEvery({ n: '2' }),
          ...REPORT
        })
      )
      await when(call, jobId, 'Complete')
      const manifest = (await call('GET', `/jobs/${jobId}/report`)).json
      t.same(Object.keys(manifest).slice(0, 4), ['Format', 'ReportCreationDate', 'Results', 'ReportSchema'])
      t.match(manifest, {
        Format: 'Report_CSV_V1',
        Results: [{ TaskExecutionStatus: 'succeeded' }, { TaskExecutionStatus: 'failed' }],
        ReportSchema: 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage',
        Job: { status: 'Complete', operation: { artifact: { ref: 'failEvery', properties: { n: '2' } } } }
      })
      const texts = []
      for (const { Key, MD5Checksum } of manifest.Results) {
        t.match(Key, new RegExp(`^reports/job-${jobId}/results/[0-9a-f]+\\.csv$`))
        const { text, headers } = await call('GET', `/jobs/${jobId}/report/${Key.split('/').at(-1)}`)
        t.match(headers['content-type'], /^text\/csv/)
        t.equal(createHash('md5').update(text).digest('hex'), MD5Checksum)
        texts.push(text)
      }
      t.same(texts, [
        'b,a%20b,,succeeded,,200,row 1\nb,%ED%95%9C%EA%B8%80,,succeeded,,200,row 3\n',
        'b,x%2Cy,,failed,FailEvery,,row 2 is divisible by 2\n'
      ])
      t.equal((await call('GET', `/jobs/${jobId}/report/other.csv`)).status, 404)
      t.same((await call('GET', `/jobs/${jobId}/report/manifest.json`)).json, manifest)
    }
  )

  t.test('R002-42 a report of the failed tasks only has no file of the others', async t => {
    const jobId = await create(
      call,
      creation(await upload(call, manifestOf(4)), {
        operation: failEvery({ n: '4' }),
        report: { enabled: true, format: 'Report_CSV_V1', scope: 'FailedTasksOnly', prefix: '' }
      })
    )
    await when(call, jobId, 'Complete')
    const { Results } = (await call('GET', `/jobs/${jobId}/report`)).json
    t.match(Results, [{ TaskExecutionStatus: 'failed', Key: new RegExp(`^job-${jobId}/results/`) }])
    t.equal(Results.length, 1)
  })

  t.test('R002-34 a temporary failure is tried again, 3 times, and what does not pass fails', async t => {
    const manifestId = await upload(call, manifestOf(4))
    const passing = await create(
      call,
      creation(manifestId, { operation: failEvery({ n: '2', temporary: 'true' }) })
    )
    await when(call, passing, 'Complete')
    const tasks = (await call('GET', `/jobs/${passing}/tasks`)).json.items as {
      attempts: number
      status: string
    }[]
    t.same(
      tasks.map(({ attempts, status }) => [attempts, status]),
      [
        [1, 'Succeeded'],
        [2, 'Succeeded'],
        [1, 'Succeeded'],
        [2, 'Succeeded']
      ]
    )
  })

  t.test(
    'R002-31 R002-32 more failures than the threshold accepts end it Failed, and nothing more is begun',
    async t => {
      const jobId = await create(
        call,
        creation(await upload(call, manifestOf(20_000)), { operation: failEvery({ n: '1' }), ...REPORT })
      )
      const job = await when(call, jobId, ...FINAL)
      t.match(job, { status: 'Failed', failureReasons: [{ failureCode: 'FailureThresholdExceeded' }] })
      t.equal(job.failureReasons.length, 1)
      const failed = job.progressSummary.numberOfTasksFailed as number
      t.ok(failed >= 1000 && failed < 15_000, String(failed))
      t.match((await call('GET', `/jobs/${jobId}/report`)).json, {
        Results: [{ TaskExecutionStatus: 'failed' }],
        Job: { status: 'Failed' }
      })
      t.same((await statusesOf(call, jobId)).slice(-3), ['Active', 'Failing', 'Failed'])
    }
  )

  t.test(
    'R002-31 fewer tasks than the threshold asks for may all fail; and the last failure may be the one too many',
    async t => {
      const manifestId = await upload(call, manifestOf(30))
      const all = { operation: failEvery({ n: '1' }) }
      const few = await create(call, creation(manifestId, all))
      t.match(await when(call, few, ...FINAL), {
        status: 'Complete',
        progressSummary: { numberOfTasksFailed: 30 }
      })
      const strict = await create(
        call,
        creation(manifestId, { ...all, failureThreshold: { minimumTasks: 30, percent: 99 } })
      )
      t.match(await when(call, strict, ...FINAL), {
        status: 'Failed',
        failureReasons: [{ failureCode: 'FailureThresholdExceeded' }]
      })
      const half = await create(
        call,
        creation(manifestId, {
          operation: failEvery({ n: '2' }),
          failureThreshold: { minimumTasks: 30, percent: 50 }
        })
      )
      t.match(await when(call, half, ...FINAL), { status: 'Complete' })
    }
  )

  t.test('R002-30 R002-52 one bad row fails the job before anything runs, naming the row', async t => {
    const jobId = await create(call, creation(await upload(call, 'b,1\nb,2\nb,%zz\nb,4\n'), REPORT))
    t.match(await when(call, jobId, ...FINAL), {
      status: 'Failed',
      instanceId: null,
      failureReasons: [{ failureCode: 'MalformedManifest', failureReason: /Row 3 / }],
      progressSummary: { totalNumberOfTasks: 0, numberOfTasksSucceeded: 0 }
    })
    t.same(await statusesOf(call, jobId), ['New', 'Preparing', 'Failing', 'Failed'])
    t.equal((await call('GET', `/jobs/${jobId}/report`)).status, 404)
  })

  t.test('R002-52 a manifest with another etag fails the job, the right one does not', async t => {
    const { manifestId, etag, size } = (await call('POST', '/manifests', 'b,1\n')).json
    t.same([etag, size], [createHash('md5').update('b,1\n').digest('hex'), 4])
    const withEtag = (given: string) => {
      const body = creation(manifestId)
      return { ...body, manifest: { ...body.manifest, etag: given } }
    }
    const wrong = await create(call, withEtag('0'.repeat(32)))
    t.match(await when(call, wrong, ...FINAL), {
      status: 'Failed',
      failureReasons: [{ failureCode: 'ManifestChanged' }]
    })
    const right = await create(call, withEtag(`"${etag}"`))
    t.match(await when(call, right, ...FINAL), { status: 'Complete' })
  })
})
