// `POST /api/v1/manifests`: stored as it comes, whatever it is; of one that breaks off nothing is left.
import { request } from 'node:http'
import t from 'tap'
import { rows } from '../../../src/store/database.ts'
import { caller } from '../../bulk/bulk-client.ts'
import { buildApp } from '../../support/build-app.ts'
import { until } from '../../support/until.ts'

t.test('manifests', async t => {
  const app = await buildApp(t)
  const call = caller(app)
  const stored = async () =>
    await rows<{ etag: string | null; size: number | null; pieces: number; bytes: number }>(
      app.database.db,
      /* sql */ `select etag, size, (select count(*) from bulk_manifest_piece p where p.manifest_id = m.manifest_id) as pieces,
        (select coalesce(sum(length(bytes)), 0)::bigint from bulk_manifest_piece p where p.manifest_id = m.manifest_id) as bytes
      from bulk_manifest m order by create_time`
    )

  t.test('an empty one, one of another type, and one of megabytes are stored in pieces', async t => {
    const empty = await call('POST', '/manifests', '')
    t.match([empty.status, empty.json], [201, { etag: 'd41d8cd98f00b204e9800998ecf8427e', size: 0 }])
    t.match(empty.headers['location'], `/api/v1/manifests/${empty.json.manifestId}`)
    const found = await call('GET', `/manifests/${empty.json.manifestId}`)
    t.same([found.status, found.json], [200, empty.json])
    t.equal(found.headers['etag'], `"${empty.json.etag}"`)
    t.match((await call('GET', '/manifests/none')).json, { status: 404, code: 'NoSuchManifest' })
    t.match((await call('GET', '/audit?what=manifest.create')).json.items, [
      { target: `manifest:${empty.json.manifestId}`, after: { size: 0 } }
    ])
    const odd = await call('POST', '/manifests', 'b,1\n', { 'content-type': 'application/json' })
    t.match([odd.status, odd.json.size], [201, 4])
    const bytes = Buffer.alloc(3_000_001, 'b,1\n')
    const large = await call('POST', '/manifests', bytes)
    t.match([large.status, large.json.size], [201, bytes.length])
    const [, , last] = await stored()
    t.match(last, { size: bytes.length, bytes: bytes.length })
    t.ok(last!.pieces >= 1)
  })

  t.test('of one whose sender goes away nothing is left', async t => {
    const before = (await stored()).length
    const url = new URL('/api/v1/manifests', app.address())
    const sending = request(url, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', 'content-length': 10_000_000 }
    })
    sending.on('error', () => {})
    sending.write(Buffer.alloc(2_000_000, 'b,1\n'))
    await until('some of it is stored', async () =>
      (await stored()).some(one => one.etag === null && one.pieces > 0)
    )
    sending.destroy()
    await until('it is gone', async () => (await stored()).length === before)
    t.ok((await stored()).every(one => one.etag !== null))
  })

  t.test('there is nothing else to be done with one', async t => {
    t.equal((await app.http.inject({ url: '/api/v1/manifests' })).statusCode, 405)
    t.equal((await call('POST', '/manifests?name=x', 'b,1\n')).status, 400)
  })
})
