// The start of a server process: a wrong configuration, a server of the same name, a database that cannot be used.
import t from 'tap'
import { batchClient } from '../support/batch-client.ts'
import { createEmptyDatabase } from '../support/database.ts'
import { serverPlace, spawnServer, startServer } from '../support/server-process.ts'

t.test('a wrong configuration is exit code 1 and names every problem', async t => {
  const place = await serverPlace(t)
  const server = spawnServer(t, place, {
    BATCH_PORT: '99999',
    BATCH_HOST: '0.0.0.0',
    BATCH_THREADS: 'many',
    BATCH_TIME_ZONE: 'Mars/Olympus',
    BATCH_LOG_LEVEL: 'loud',
    BATCH_DATABASE_URL: 'mysql://localhost/x',
    BATCH_THREDS: '3'
  })
  t.same(await server.ended, { code: 1, signal: null })
  for (const key of ['PORT', 'HOST', 'THREADS', 'TIME_ZONE', 'LOG_LEVEL', 'DATABASE_URL', 'THREDS'])
    t.match(server.log(), new RegExp(`- BATCH_${key}: .+`), key)
  t.notMatch(server.log(), /\n {4}at /, 'no stack for what an administrator can mend')
})

t.test('a database that cannot be reached is exit code 1 with a sentence', async t => {
  const { directory } = await serverPlace(t)
  const server = spawnServer(t, { directory, database: { url: 'postgres://nobody:wrong@127.0.0.1:1/none' } })
  t.same(await server.ended, { code: 1, signal: null })
  t.match(server.log(), /ECONNREFUSED|127\.0\.0\.1:1/)
})

t.test(
  'a second server of the same name waits, says for whom, and takes over at once after kill -9',
  async t => {
    const place = await serverPlace(t)
    const first = await startServer(t, place, { BATCH_LEASE_SECONDS: '60' })
    const instanceId = await batchClient(first).submit('SimpleBatchJob', 'test_sleepyBatchlet', {
      'sleep.time.seconds': '300'
    })
    await batchClient(first).when(instanceId, 'STARTED')

    const second = spawnServer(t, place, { BATCH_LEASE_SECONDS: '60' })
    await second.says(/waiting: server \S+server1 \(\S+\) is still connected/)
    const [, url] = await second.says(/Server listening at (http:[^"]+)/)
    t.match(await (await fetch(`${url}/readyz`)).json(), { ready: false }, 'it is not ready meanwhile')
    t.equal(
      (await batchClient(first).get(`/jobinstances/${instanceId}`)).batchStatus,
      'STARTED',
      'the first goes on'
    )

    first.kill('SIGKILL')
    await first.ended
    const began = performance.now()
    await second.ready()
    t.ok(performance.now() - began < 10_000, 'long before the lease is over')
    t.match(second.log(), /taking over from an earlier start of \S+server1/)
    t.match(await batchClient(second).ended(instanceId), { batchStatus: 'FAILED' })
    t.equal((await second.stop()).code, 0)
  }
)

t.test('a server that waits for another ends with 0 at SIGTERM', async t => {
  const place = await serverPlace(t)
  await startServer(t, place)
  const second = spawnServer(t, place)
  await second.says(/waiting: server/)
  t.same(await second.stop(), { code: 0, signal: null }, second.log())
})

t.test('a server on an empty database makes its schema, and two at once make it once', async t => {
  const { directory } = await serverPlace(t)
  const place = { directory, database: { url: await createEmptyDatabase(t) } }
  const servers = ['a', 'b'].map(id => spawnServer(t, place, { BATCH_SERVER_ID: id }))
  await Promise.all(servers.map(server => server.ready()))
  for (const server of servers) {
    const client = batchClient(server)
    t.match(await client.ended(await client.submit('SimpleBatchJob', 'test_noop')), {
      batchStatus: 'COMPLETED'
    })
  }
})
