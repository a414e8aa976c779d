// SIGTERM: a server takes nothing new, brings what runs to a checkpoint within its time, and ends with exit code 0.
import { existsSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { batchClient } from '../support/batch-client.ts'
import { outcomeOf, rowsOf } from '../support/bird-strikes.ts'
import { serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

t.test('SIGTERM stops a chunk job at a checkpoint, with the reason, and a restart completes it', async t => {
  const place = await serverPlace(t)
  const first = await startServer(t, place, { BATCH_THREADS: '1', BATCH_MAX_THREADS: '1' })
  const client = batchClient(first)
  const instanceId = await client.submit('BirdStrikes', 'birdstrikes', {
    'slow.millis': '1',
    'item.count': '100'
  })
  const { executionId } = await client.when(instanceId, 'STARTED')
  const waiting = await client.submit('SimpleBatchJob', 'test_noop')
  await until('300 rows', async () => (await rowsOf(place, instanceId)) >= 300)
  const ended = await first.stop()
  t.same(ended, { code: 0, signal: null }, first.log())
  t.match(first.log(), /"msg":"stopped"/)

  const { rows } = (await place.database.db.raw(
    `select e.batch_status, e.exit_status, e.reason, i.instance_state, s.batch_status as step, s.write_count, s.reader_checkpoint is not null as checkpoint
    from job_execution e join job_instance i using (instance_id) join step_execution s using (execution_id)
    where e.execution_id = ? and s.step_name = 'load'`,
    [executionId]
  )) as { rows: object[] }
  const committed = await rowsOf(place, instanceId)
  t.match(rows, [
    {
      batch_status: 'STOPPED',
      exit_status: 'STOPPED',
      reason: /^server \S+server1 shut down$/,
      instance_state: 'STOPPED',
      step: 'STOPPED',
      write_count: committed,
      checkpoint: true
    }
  ])
  const { rows: untouched } = (await place.database.db.raw(
    'select i.instance_state, u.status from job_instance i join unit u using (instance_id) where instance_id = ?',
    [waiting]
  )) as { rows: object[] }
  t.same(
    untouched,
    [{ instance_state: 'SUBMITTED', status: 'READY' }],
    'what had not begun is still to be begun'
  )
  const { rows: left } = (await place.database.db.raw('select from incarnation')) as { rows: object[] }
  t.equal(left.length, 0, 'nobody has to wait for its lease')

  const second = batchClient(await startServer(t, place))
  t.match(await second.ended(waiting), { batchStatus: 'COMPLETED' })
  const restarted = await second.call('PUT', `/jobinstances/${instanceId}?action=restart`)
  t.equal(restarted.status, 200, restarted.text)
  t.match(await second.ended(instanceId), { batchStatus: 'COMPLETED', exitStatus: 'ENOUGH' })
  t.match(await outcomeOf(place, instanceId), { rows: 9171, records: 9171 })
})

for (const job of ['deaf', 'busy'])
  t.test(`SIGTERM ends a ${job} job, which ignores it, within BATCH_SHUTDOWN_SECONDS`, async t => {
    const place = await serverPlace(t)
    const server = await startServer(t, place, {
      BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
      BATCH_SHUTDOWN_SECONDS: '2'
    })
    const client = batchClient(server)
    const begun = path.join(place.directory, 'begun')
    const instanceId = await client.submit('stubborn', job, { begun })
    await until('the batchlet began', () => existsSync(begun))
    const began = performance.now()
    t.same(await server.stop(), { code: 0, signal: null }, server.log())
    const seconds = (performance.now() - began) / 1000
    t.ok(seconds > 1.5 && seconds < 8, `it took ${seconds} s`)
    const { rows } = (await place.database.db.raw(
      `select e.batch_status, e.reason, s.batch_status as step from job_execution e
      left join step_execution s using (execution_id) where e.instance_id = ?`,
      [instanceId]
    )) as { rows: object[] }
    t.match(rows, [
      { batch_status: 'STOPPED', step: 'STOPPED', reason: /shut down before it reached a checkpoint$/ }
    ])
  })

t.test('a server that is told to stop refuses a submit and says so at /readyz', async t => {
  const place = await serverPlace(t)
  const server = await startServer(t, place, {
    BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
    BATCH_SHUTDOWN_SECONDS: '4'
  })
  const client = batchClient(server)
  await client.when(await client.submit('stubborn', 'deaf'), 'STARTED')
  server.kill('SIGTERM')
  await server.says(/"msg":"stopping"/)
  t.equal((await fetch(`${server.url}/readyz`)).status, 503)
  const refused = await client.call('POST', '/jobinstances', {
    applicationName: 'stubborn',
    jobXMLName: 'deaf'
  })
  t.match(refused, { status: 503, json: { code: 'ServerStopping' } })
  t.match(await server.ended, { code: 0 })
})
