// The application Bulk: objects of buckets that are folders, and HTTP; neither reaches what the allow-lists do not name.
import { lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { copyObject } from '../../src/applications/bulk/objects.ts'
import { builtInLimits, NOTHING_INLINE } from '../../src/applications/built-in/built-in-limits.ts'
import { bulkReach } from '../../src/bulk/artifacts/bulk-reach.ts'
import { buildApp } from '../support/build-app.ts'
import { caller, create, creation, FINAL, upload, when } from './bulk-client.ts'

t.test('R002-61 the operations of the application Bulk', async t => {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-buckets-')))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const inside = path.join(folder, 'allowed')
  await mkdir(path.join(inside, 'photos/sub'), { recursive: true })
  await mkdir(path.join(inside, 'target'))
  await mkdir(path.join(folder, 'outside'))
  await writeFile(path.join(folder, 'outside/secret.txt'), 'secret')
  await writeFile(path.join(inside, 'photos/a b.txt'), 'hello')
  await writeFile(path.join(inside, 'photos/sub/c.txt'), 'deep')
  await symlink(path.join(folder, 'outside'), path.join(inside, 'photos/link'))
  await symlink(path.join(folder, 'outside'), path.join(inside, 'linked'))

  const seen: string[] = []
  const web = createServer((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += String(piece)))
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${body}`)
      const times = seen.filter(one => one.includes(request.url!)).length
      const status = request.url!.includes('gone')
        ? 404
        : request.url!.includes('shaky') && times < 3
          ? 503
          : 200
      response.writeHead(status).end(`answer ${times}`)
    })
  })
  await new Promise<void>(listening => web.listen(0, '127.0.0.1', listening))
  t.teardown(() => new Promise<void>(closed => web.close(() => closed())))
  const origin = `http://127.0.0.1:${(web.address() as AddressInfo).port}`

  const app = await buildApp(t, { BATCH_INLINE_FOLDERS: inside, BATCH_INLINE_URLS: `${origin}/api` })
  const call = caller(app)
  const run = async (csv: string, ref: string, properties: object = {}, more: object = {}) => {
    const operation = { artifact: { application: 'Bulk', ref, properties } }
    const jobId = await create(call, creation(await upload(call, csv), { operation, ...more }))
    const job = await when(call, jobId, ...FINAL)
    t.equal(job.status, 'Complete', JSON.stringify(job.failureReasons))
    return (await call('GET', `/jobs/${jobId}/tasks`)).json.items as Record<string, unknown>[]
  }

  t.test('headObject tells the size, and what is not there or not allowed', async t => {
    t.match(
      await run(
        [
          'photos,a%20b.txt',
          'photos,sub/c.txt',
          'photos,nothing.txt',
          'photos,sub',
          'photos,../../outside/secret.txt',
          'photos,link/secret.txt',
          'linked,secret.txt',
          'outside,secret.txt',
          'allowed,photos/a%20b.txt',
          `${path.join(folder, 'outside')},secret.txt`,
          '..,outside/secret.txt'
        ].join('\n'),
        'headObject'
      ),
      [
        { status: 'Succeeded', message: '5' },
        { status: 'Succeeded', message: '4' },
        { status: 'Failed', errorCode: 'NoSuchKey' },
        { status: 'Failed', errorCode: 'NoSuchKey' },
        { status: 'Failed', errorCode: 'InvalidKey' },
        { status: 'Failed', errorCode: 'AccessDenied' },
        { status: 'Failed', errorCode: 'AccessDenied' },
        { status: 'Failed', errorCode: 'NoSuchBucket' },
        { status: 'Succeeded', message: '5' },
        { status: 'Failed', errorCode: 'AccessDenied' },
        { status: 'Failed' }
      ]
    )
  })

  t.test(
    'copyObject copies into another bucket, deleteObject deletes, and says when nothing was there',
    async t => {
      const copied = await run('photos,a%20b.txt\nphotos,sub/c.txt\nphotos,none\n', 'copyObject', {
        targetBucket: 'target',
        targetPrefix: 'copies/'
      })
      t.match(copied, [{ status: 'Succeeded' }, { status: 'Succeeded' }, { errorCode: 'NoSuchKey' }])
      t.equal(await readFile(path.join(inside, 'target/copies/sub/c.txt'), 'utf8'), 'deep')
      t.match(
        await run('photos,a%20b.txt\n', 'copyObject', {
          targetBucket: 'target',
          targetPrefix: '../../outside/'
        }),
        [{ status: 'Failed', errorCode: 'InvalidKey' }]
      )
      t.match(await run('photos,a%20b.txt\n', 'copyObject', { targetBucket: 'linked' }), [
        { status: 'Failed' }
      ])
      t.match(await run('photos,a%20b.txt\n', 'copyObject'), [{ errorCode: 'InvalidArgument' }])
      t.match(await run('target,copies/sub/c.txt\ntarget,copies/sub/d.txt\n', 'deleteObject'), [
        { status: 'Succeeded', message: 'deleted' },
        { status: 'Succeeded', message: 'it was not there' }
      ])
      await t.rejects(readFile(path.join(inside, 'target/copies/sub/c.txt')), { code: 'ENOENT' })
      t.equal(await readFile(path.join(folder, 'outside/secret.txt'), 'utf8'), 'secret')
    }
  )

  t.test('of a link in its bucket deleteObject deletes the link, and not what it leads to', async t => {
    await writeFile(path.join(inside, 'target/kept.txt'), 'kept')
    await symlink('kept.txt', path.join(inside, 'target/name.txt'))
    t.match(await run('target,name.txt\n', 'deleteObject'), [{ status: 'Succeeded', message: 'deleted' }])
    t.equal(await readFile(path.join(inside, 'target/kept.txt'), 'utf8'), 'kept')
    await t.rejects(lstat(path.join(inside, 'target/name.txt')), { code: 'ENOENT' })
    t.match(await run('photos,link\n', 'deleteObject'), [{ errorCode: 'AccessDenied' }])
  })

  t.test('copies of two bulk jobs into one folder, for rows of one number, do not get mixed up', async t => {
    const letters = ['a', 'b'] as const
    for (const letter of letters)
      await writeFile(path.join(inside, `photos/${letter}.bin`), letter.repeat(30_000_000))
    const settings = { ...NOTHING_INLINE, inlineFolders: [inside] }
    const reach = bulkReach(builtInLimits(settings, folder))
    const task = { row: 1, bucket: 'photos', versionId: null, fields: {}, attempt: 1, reach }
    const about = { signal: new AbortController().signal, log: { info() {}, warn() {}, error() {} } }
    const properties = { targetBucket: 'target' }
    const outcomes = await Promise.all(
      letters.map(
        async letter =>
          await copyObject.execute({ ...task, ...about, properties, jobId: letter, key: `${letter}.bin` })
      )
    )
    t.same(outcomes, ['copied to target', 'copied to target'])
    for (const letter of letters) {
      const copy = await readFile(path.join(inside, `target/${letter}.bin`), 'latin1')
      t.ok(copy.length === 30_000_000 && copy === letter.repeat(30_000_000), letter)
    }
    t.same(
      (await readdir(path.join(inside, 'target'))).filter(name => name.endsWith('.part')),
      []
    )
  })

  t.test(
    'httpRequest asks once for each object, again for what passes, and nobody who is not allowed',
    async t => {
      const tasks = await run('b,x%20%26\nb,shaky\nb,gone\n', 'httpRequest', {
        url: `${origin}/api/{bucket}/{key}`,
        method: 'POST',
        body: '{"key":"{key}"}',
        headers: '{"content-type":"application/json"}'
      })
      t.match(tasks, [
        { status: 'Succeeded', attempts: 1, message: 'answer 1' },
        { status: 'Succeeded', attempts: 3, message: 'answer 3' },
        { status: 'Failed', attempts: 1, errorCode: 'HTTP404' }
      ])
      t.ok(seen.includes('POST /api/b/x%20%26 {"key":"x &"}'), seen.join('\n'))
      t.match(await run('b,..%2F..%2Fadmin\n', 'httpRequest', { url: `${origin}/other/{key}` }), [
        { errorCode: 'AccessDenied' }
      ])
    }
  )

  t.test('R002-52 a manifest may be a file or a URL of the allow-lists', async t => {
    await writeFile(path.join(inside, 'manifest.csv'), 'photos,a%20b.txt\n')
    const spec = { format: 'CSV', fields: ['Bucket', 'Key'] }
    const at = (location: object) => ({ manifest: { location, spec } })
    t.equal((await run('x,y\n', 'headObject', {}, at({ path: path.join(inside, 'manifest.csv') }))).length, 1)
    const gone = await create(call, creation('', at({ url: `${origin}/api/gone.csv` })))
    t.match(await when(call, gone, ...FINAL), {
      status: 'Failed',
      failureReasons: [{ failureCode: 'ManifestUnavailable', failureReason: /answered 404/ }]
    })
    const link = { path: path.join(inside, 'photos/link/secret.txt') }
    t.match((await call('POST', '/jobs', creation('', at(link)))).json, {
      errors: [{ path: 'manifest.location.path' }]
    })
  })
})
