// Inventory reports of COS and S3 as manifests: a manifest.json that names gzipped CSV files and their columns.
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { besideReport } from '../../../src/bulk/inventory-report.ts'
import { caller, create, creation, when } from '../../bulk/bulk-client.ts'
import { buildApp } from '../../support/build-app.ts'

const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-inventory-')))
t.teardown(() => rm(folder, { recursive: true, force: true }))
const web = createServer((request, response) => {
  readFile(path.join(folder, decodeURIComponent(request.url ?? ''))).then(
    bytes => response.end(bytes),
    () => response.writeHead(404).end()
  )
})
await new Promise<void>(resolve => web.listen(0, '127.0.0.1', resolve))
t.teardown(() => web.close())
const origin = `http://127.0.0.1:${(web.address() as AddressInfo).port}`
const app = await buildApp(t, { BATCH_INLINE_FOLDERS: folder, BATCH_INLINE_URLS: `${origin}/` })
const call = caller(app)

const S3 = 'S3InventoryReport_CSV_20161130'
const COS = 'COSInventoryReport_CSV_V1'
const PREFIX = 'reports/photos/daily'

interface Report {
  /** The bucket, a folder of that name. */
  readonly to: string
  readonly schema: string
  readonly files: Readonly<Record<string, Buffer | string>>
  readonly more?: Readonly<Record<string, unknown>>
  readonly md5?: string
}

/** The path of its manifest.json, from the allowed folder; laid out as both products do it. */
async function written({ to, schema, files, more = {}, md5 }: Report): Promise<string> {
  await mkdir(path.join(folder, to, PREFIX, 'data'), { recursive: true })
  await mkdir(path.join(folder, to, PREFIX, '2026-11-06T21-32Z'), { recursive: true })
  const listed = []
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(path.join(folder, to, PREFIX, 'data', name), bytes)
    const MD5checksum = md5 ?? createHash('md5').update(bytes).digest('hex')
    listed.push({ key: `${PREFIX}/data/${name}`, size: bytes.length, MD5checksum })
  }
  const report = {
    sourceBucket: 'photos',
    destinationBucket: `arn:aws:s3:::${to}`,
    version: '2016-11-30',
    creationTimestamp: '1478505120000',
    fileFormat: 'CSV',
    fileSchema: schema,
    files: listed,
    ...more
  }
  const at = path.join(to, PREFIX, '2026-11-06T21-32Z', 'manifest.json')
  await writeFile(path.join(folder, at), JSON.stringify(report))
  return at
}

const over = (location: object, format: string, etag?: string) => ({
  ...creation(''),
  manifest: { location, spec: { format }, ...(etag === undefined ? {} : { etag }) }
})

async function tasksOf(jobId: string) {
  const { items } = (await call('GET', `/jobs/${jobId}/tasks?limit=1000`)).json
  return (items as { row: number; bucket: string; key: string; versionId: string | null }[])
    .toSorted((a, b) => a.row - b.row)
    .map(({ row, bucket, key, versionId }) => ({ row, bucket, key, versionId }))
}

const SCHEMA = 'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size'
const FILES = {
  'a.csv.gz': gzipSync(
    '"photos","a%20b.jpg","v1","true","false","10"\n"photos","gone.jpg","v2","true","true",""\n'
  ),
  'b.csv': '"photos","%ED%95%9C.jpg","","true","false","7"\n'
}

t.test('R002-50 the objects of all files of an inventory report, by path and by URL', async t => {
  const at = await written({ to: 'inventories', schema: SCHEMA, files: FILES })
  for (const [location, format] of [
    [{ path: path.join(folder, at) }, S3],
    [{ url: `${origin}/${at}` }, COS]
  ] as const) {
    const jobId = await create(call, over(location, format))
    t.match(await when(call, jobId, 'Complete', 'Failed'), {
      status: 'Complete',
      manifest: { location, spec: { format } },
      progressSummary: { totalNumberOfTasks: 2, numberOfTasksSucceeded: 2 }
    })
    // The delete marker is no object.
    t.same(await tasksOf(jobId), [
      { row: 1, bucket: 'photos', key: 'a b.jpg', versionId: 'v1' },
      { row: 2, bucket: 'photos', key: '한.jpg', versionId: null }
    ])
  }
})

t.test('R002-52 the etag is that of manifest.json', async t => {
  const at = path.join(folder, await written({ to: 'etags', schema: SCHEMA, files: FILES }))
  const etag = createHash('md5')
    .update(await readFile(at))
    .digest('hex')
  await when(call, await create(call, over({ path: at }, S3, etag)), 'Complete')
  const other = await create(call, over({ path: at }, S3, 'f'.repeat(32)))
  t.match(await when(call, other, 'Failed'), { failureReasons: [{ failureCode: 'ManifestChanged' }] })
})

for (const [what, report, code, reason] of [
  [
    'a file that is another one now',
    { schema: SCHEMA, files: FILES, md5: '0'.repeat(32) },
    'ManifestChanged',
    'reports/photos/daily/data/a.csv.gz'
  ],
  [
    'ORC',
    { schema: SCHEMA, files: FILES, more: { fileFormat: 'ORC' } },
    'MalformedManifest',
    'fileFormat is "ORC"'
  ],
  ['no column Key', { schema: 'Bucket, Size', files: FILES }, 'MalformedManifest', 'no Key'],
  ['a column twice', { schema: 'Bucket, Key, Key', files: FILES }, 'MalformedManifest', 'Key twice'],
  ['no files', { schema: SCHEMA, files: {}, more: { files: 'x' } }, 'MalformedManifest', 'no files'],
  [
    'files without a row',
    { schema: SCHEMA, files: { 'a.csv.gz': gzipSync('') } },
    'MalformedManifest',
    'no object'
  ],
  [
    'a file outside of its bucket',
    { schema: SCHEMA, files: {}, more: { files: [{ key: '../../etc/hosts' }] } },
    'MalformedManifest',
    '../../etc/hosts'
  ],
  [
    'a file that is not there',
    { schema: SCHEMA, files: {}, more: { files: [{ key: `${PREFIX}/data/none.csv` }] } },
    'ManifestUnavailable',
    'none.csv'
  ],
  [
    'a file that is no gzip',
    { schema: SCHEMA, files: { 'a.csv.gz': 'b,k' } },
    'MalformedManifest',
    'not gzip'
  ],
  [
    'a bad row',
    { schema: 'Bucket, Key', files: { 'a.csv': 'b,1\nb,2\n', 'b.csv': 'b,3\nb\n' } },
    'MalformedManifest',
    'Row 2 of reports/photos/daily/data/b.csv'
  ]
] as const)
  t.test(`R002-50 an inventory report with ${what} fails the job`, async t => {
    const at = await written({ to: `bad-${what.replaceAll(' ', '-')}`, ...report })
    const jobId = await create(call, over({ path: path.join(folder, at) }, S3))
    const { failureReasons } = await when(call, jobId, 'Failed')
    t.match(failureReasons, [{ failureCode: code }])
    t.ok(failureReasons[0].failureReason.includes(reason), failureReasons[0].failureReason)
  })

t.test('R002-50 a file that is no JSON is no inventory report', async t => {
  await writeFile(path.join(folder, 'text.json'), 'b,k\n')
  const jobId = await create(call, over({ path: path.join(folder, 'text.json') }, COS))
  t.match(await when(call, jobId, 'Failed'), { failureReasons: [{ failureCode: 'MalformedManifest' }] })
})

t.test('R002-50 columns are named by the report, and only a path or URL has files beside it', async t => {
  const fields = ['Bucket', 'Key']
  for (const [manifest, wrong] of [
    [{ location: { path: path.join(folder, 'x') }, spec: { format: S3, fields } }, 'manifest.spec.fields'],
    [{ location: { manifestId: 'x' }, spec: { format: S3 } }, 'manifest.location'],
    [{ location: { objects: { bucket: 'etags' } }, spec: { format: COS } }, 'manifest.location'],
    [{ location: { path: path.join(folder, 'x') }, spec: { format: 'CSV' } }, 'manifest.spec.fields']
  ] as const) {
    const { status, json, text } = await call('POST', '/jobs', { ...creation(''), manifest })
    t.equal(status, 400, text)
    t.ok(
      json.errors.some(({ path: at }: { path: string }) => at === wrong),
      text
    )
  }
})

t.test('a file is where its key is found again in the place of manifest.json, else beside it', async t => {
  for (const [at, key, file] of [
    ['/data/inv/p/b/cfg/2026/manifest.json', 'p/b/cfg/data/x.csv.gz', '/data/inv/p/b/cfg/data/x.csv.gz'],
    ['/data/p/p/b/cfg/2026/manifest.json', 'p/b/cfg/data/x.csv', '/data/p/p/b/cfg/data/x.csv'],
    ['/data/manifest.json', 'p/b/data/x.csv', '/data/p/b/data/x.csv'],
    ['/data/manifest.json', 'x.csv', '/data/x.csv']
  ] as const) {
    t.same(besideReport({ path: at }, key), { path: file })
    t.same(besideReport({ url: `http://h:1${at}` }, key), { url: `http://h:1${file}` })
  }
  t.same(besideReport({ url: 'http://h/a%20b/manifest.json?x=1' }, 'a b/c d.csv'), {
    url: 'http://h/a%20b/c%20d.csv?x=1'
  })
})

t.test('a name of a column that cannot be stored ends the job, and is not tried again and again', async t => {
  const at = await written({ to: 'odd', schema: 'Bucket, Key, a\u0000b', files: { '1.csv': 'photos,1,x\n' } })
  const jobId = await create(call, over({ path: path.join(folder, at) }, S3))
  t.match(await when(call, jobId, 'Failed'), { failureReasons: [{ failureCode: 'MalformedManifest' }] })
})
