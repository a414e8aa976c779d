// Manifests, row by row (document 002, R002-50 to R002-52): what is a row, what is not, and which row is to blame.
import t from 'tap'
import { type ManifestRow, manifestRows, type ManifestRefused } from '../../src/bulk/read-manifest.ts'

/** In pieces of 7 bytes: characters and line ends are cut anywhere. */
async function* bytesOf(manifest: string | Buffer): AsyncGenerator<Buffer, void> {
  const bytes = Buffer.from(manifest)
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7)
}

async function read(manifest: string | Buffer, fields = ['Bucket', 'Key']): Promise<ManifestRow[]> {
  const found: ManifestRow[] = []
  for await (const row of manifestRows(bytesOf(manifest), fields)) found.push(row)
  return found
}

const keys = async (manifest: string | Buffer) => (await read(manifest)).map(({ key }) => key)

t.test('R002-51 keys are URL-decoded, and a plus sign is one', async t => {
  t.same(await keys('b,a%20b\nb,a+b\nb,%ED%95%9C\nb,한글\nb,"x,y"\r\nb,"a ""b"""'), [
    'a b',
    'a+b',
    '한',
    '한글',
    'x,y',
    'a "b"'
  ])
})

t.test('a byte order mark, empty lines and a missing last line end are no rows', async t => {
  t.same(await read('\ufeffb,1\n\n\nb,2'), [
    { row: 1, bucket: 'b', key: '1', versionId: null, fields: null },
    { row: 2, bucket: 'b', key: '2', versionId: null, fields: null }
  ])
})

t.test(
  'R002-50 columns are where the fields say, Ignore is skipped, own names are fields of the object',
  async t => {
    t.same(await read('x,k,y,v1,b,red\n', ['Ignore', 'Key', 'Ignore', 'VersionId', 'Bucket', 'colour']), [
      { row: 1, bucket: 'b', key: 'k', versionId: 'v1', fields: { colour: 'red' } }
    ])
    const [row] = await read('b,k,x\n', ['Bucket', 'Key', '__proto__'])
    t.ok(Object.hasOwn(row!.fields!, '__proto__'))
  }
)

t.test('R002-51 a version id stands in every row or in none; null is none that was written down', async t => {
  const fields = ['Bucket', 'Key', 'VersionId']
  t.match(await read('b,1,v\nb,2,null\n', fields), [{ versionId: 'v' }, { versionId: null }])
  t.match(await read('b,1,\nb,2,\n', fields), [{ versionId: null }, { versionId: null }])
  await t.rejects(read('b,1,v\nb,2,\n', fields), { message: /Row 2 / })
  await t.rejects(read('b,1,\nb,2,\nb,3,v\n', fields), { message: /Row 3 / })
})

for (const [what, manifest, row] of [
  ['a row with too few columns', 'b,1\nb\n', 2],
  ['a row with too many', 'b,1,x\n', 1],
  ['a key that is not URL-encoded', 'b,1\nb,2\nb,100%\n', 3],
  ['a key that is no UTF-8 when it is decoded', 'b,1\nb,%ff\n', 2],
  ['a key with U+0000', 'b,%00\n', 1],
  ['U+0000 itself', 'b,1\nb,\0\n', 2],
  ['an empty key', 'b,\n', 1],
  ['an empty bucket', 'b,1\n,2\n', 2],
  ['a quote in the middle', `${'b,1\n'.repeat(50)}b,"x"y"\n`, 51],
  ['a quote in a field that has none at its beginning', `b,1\nb,a"b\n`, 2],
  ['a quote that is not closed', 'b,1\n"b,2\n', 2],
  [
    'bytes that are no UTF-8',
    Buffer.concat([Buffer.from('b,1\nb,'), Buffer.from([0xff]), Buffer.from('\nb,3\n')]),
    2
  ],
  ['a row without an end', `b,1\nb,${'x'.repeat(70_000)}`, 2]
] as const)
  t.test(`R002-30 ${what} is refused, naming the row`, async t => {
    const refused = await read(manifest).then(
      () => null,
      (error: unknown) => error as ManifestRefused
    )
    t.match(refused, { name: 'ManifestRefused', failureCode: 'MalformedManifest' })
    t.match(refused?.message, new RegExp(`^Row ${row} of`))
  })

t.test('a manifest without rows is refused', async t => {
  for (const empty of ['', '\n\n', '\ufeff'])
    await t.rejects(read(empty), { failureCode: 'MalformedManifest', message: /no rows/ })
})
