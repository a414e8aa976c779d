// What the products beside document 002 have and this API has not, refused by name; and a job created as their console does it.
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { create, creation, caller, manifestOf, statusesOf, upload, when } from '../../bulk/bulk-client.ts'
import { buildApp } from '../../support/build-app.ts'

const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-manifests-')))
t.teardown(() => rm(folder, { recursive: true, force: true }))
const app = await buildApp(t, { BATCH_INLINE_FOLDERS: folder })
const call = caller(app)
const manifestId = await upload(call, manifestOf(2))

t.test('a manifest generator and a role to run under are refused, naming the field', async t => {
  const body = creation(manifestId)
  for (const [path, wrong] of [
    ['manifestGenerator', { ...body, manifestGenerator: { Filter: { CreatedAfter: '2026-01-01' } } }],
    ['roleArn', { ...body, roleArn: 'arn:aws:iam::1:role/x' }]
  ] as const)
    t.match(await call('POST', '/jobs', wrong), { status: 400, json: { errors: [{ path }] } }, path)
})

t.test('R002-50 the names that COS and S3 have for a manifest in CSV are taken, and shown again', async t => {
  for (const format of ['COSBatchOperations_CSV_V1', 'S3BatchOperations_CSV_20180820']) {
    const { manifest, ...rest } = creation(manifestId)
    const body = { ...rest, manifest: { ...manifest, spec: { ...manifest.spec, format } } }
    const jobId = await create(call, body)
    t.match(await when(call, jobId, 'Complete'), {
      progressSummary: { numberOfTasksSucceeded: 2 },
      manifest: { spec: { format } }
    })
  }
})

t.test(
  'R002-70 as a console creates one: a manifest by its path, and nothing runs before it is confirmed',
  async t => {
    await writeFile(path.join(folder, 'objects.csv'), manifestOf(3))
    const { manifest, ...rest } = creation('none')
    const jobId = await create(call, {
      ...rest,
      confirmationRequired: true,
      manifest: { ...manifest, location: { path: path.join(folder, 'objects.csv') } }
    })
    t.match(await when(call, jobId, 'Suspended'), {
      progressSummary: { totalNumberOfTasks: 3 },
      instanceId: null
    })
    t.equal((await call('POST', `/jobs/${jobId}/status?requestedJobStatus=Ready`)).status, 200)
    await when(call, jobId, 'Complete')
    t.same((await statusesOf(call, jobId)).slice(0, 4), ['New', 'Preparing', 'Suspended', 'Ready'])
  }
)
