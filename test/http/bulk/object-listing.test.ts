// In place of a manifest: the objects of a bucket, a folder, that a filter lets through.
import { mkdir, mkdtemp, realpath, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { caller, create, creation, when } from '../../bulk/bulk-client.ts'
import { buildApp } from '../../support/build-app.ts'

const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-buckets-')))
t.teardown(() => rm(folder, { recursive: true, force: true }))
const bucket = path.join(folder, 'in')
const FILES = {
  'a b.csv': 10,
  'c,d.csv': 20,
  'logs/2026/한글.log': 30,
  'logs/x%20y.log': 2000,
  'old.csv': 10
}
for (const [key, size] of Object.entries(FILES)) {
  await mkdir(path.dirname(path.join(bucket, key)), { recursive: true })
  await writeFile(path.join(bucket, key), 'x'.repeat(size))
}
await utimes(path.join(bucket, 'old.csv'), new Date('2020-01-01'), new Date('2020-01-01'))
await mkdir(path.join(folder, 'empty'))
await symlink('/etc', path.join(bucket, 'link'))
await symlink('/etc/hosts', path.join(bucket, 'hosts.csv'))

const app = await buildApp(t, { BATCH_INLINE_FOLDERS: folder })
const call = caller(app)
const over = (objects: unknown, more: Record<string, unknown> = {}) => ({
  ...creation('', more),
  manifest: { location: { objects }, spec: { format: 'CSV', fields: ['Bucket', 'Key'] } },
  operation: { artifact: { application: 'Bulk', ref: 'headObject', properties: {} } }
})

async function keysOver(filter?: object): Promise<string[]> {
  const jobId = await create(call, over({ bucket: 'in', ...(filter === undefined ? {} : { filter }) }))
  t.match(await when(call, jobId, 'Complete', 'Failed'), { status: 'Complete', failureReasons: [] })
  const { items } = (await call('GET', `/jobs/${jobId}/tasks?limit=1000`)).json
  t.ok(
    items.every(({ status }: { status: string }) => status === 'Succeeded'),
    'each is there by its key'
  )
  return items.map(({ key }: { key: string }) => key).toSorted()
}

t.test('R002-53 all objects of a bucket, those in folders too, and no links', async t => {
  t.same(await keysOver(), Object.keys(FILES).toSorted())
})

t.test('R002-53 a filter by name, by size and by time', async t => {
  const csv = ['a b.csv', 'c,d.csv', 'old.csv']
  t.same(await keysOver({ keyNameConstraint: { matchAnySuffix: ['.csv', '.none'] } }), csv)
  t.same(await keysOver({ keyNameConstraint: { matchAnyPrefix: ['logs/'], matchAnySubstring: ['%'] } }), [
    'logs/x%20y.log'
  ])
  t.same(await keysOver({ objectSizeGreaterThanBytes: 10, objectSizeLessThanBytes: 2000 }), [
    'c,d.csv',
    'logs/2026/한글.log'
  ])
  t.same(await keysOver({ createdBefore: '2021-01-01' }), ['old.csv'])
  t.same(
    await keysOver({
      createdAfter: '2021-01-01T00:00:00+09:00',
      keyNameConstraint: { matchAnySuffix: ['csv'] }
    }),
    ['a b.csv', 'c,d.csv']
  )
})

t.test('R002-53 it is looked for when the job is prepared; nothing found fails it', async t => {
  const jobId = await create(call, over({ bucket: 'empty' }))
  t.match(await when(call, jobId, 'Failed'), {
    failureReasons: [{ failureCode: 'MalformedManifest' }],
    manifest: { location: { objects: { bucket: 'empty' } } }
  })
})

t.test(
  'R002-53 buckets outside of the allow-list, other fields and what is no filter are refused',
  async t => {
    for (const [objects, wrong] of [
      [{ bucket: 'none' }, 'manifest.location.objects.bucket'],
      [{ bucket: '/etc' }, 'manifest.location.objects.bucket'],
      [{ bucket: '..' }, 'manifest.location.objects.bucket'],
      [{ bucket: 'in', filter: { createdAfter: 'yesterday' } }, 'createdAfter'],
      [{ bucket: 'in', filter: { storageClass: 'x' } }, 'manifest.location'],
      [{ bucket: 'in', filter: { objectSizeLessThanBytes: -1 } }, 'manifest.location']
    ] as const) {
      const { status, json, text } = await call('POST', '/jobs', over(objects))
      t.equal(status, 400, text)
      t.notMatch(json.detail, /\.\.$/)
      t.ok(
        json.errors.some(({ path }: { path: string }) => path.startsWith(wrong)),
        text
      )
    }
    const body = over({ bucket: 'in' })
    const spec = { format: 'CSV', fields: ['Key', 'Bucket'] }
    t.match(await call('POST', '/jobs', { ...body, manifest: { ...body.manifest, spec } }), {
      status: 400,
      json: { errors: [{ path: 'manifest.spec.fields' }] }
    })
  }
)
