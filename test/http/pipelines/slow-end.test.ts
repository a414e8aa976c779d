// A DELETE of a batch that does not end though it was stopped: its server is frozen, and not yet counted as dead.
import t from 'tap'
import { batchClient } from '../../support/batch-client.ts'
import { buildApp } from '../../support/build-app.ts'
import { serverPlace, startServer } from '../../support/server-process.ts'
import { clientOf } from '../schedules/scheduling-client.ts'
import { instanceOf, pipeline, sleeping, started } from './pipeline-client.ts'

t.test('R003-10 R003-13 what does not end in time is a 409, and stays; later it is deleted', async t => {
  const place = await serverPlace(t)
  const owner = await startServer(t, place, { BATCH_SERVER_ID: 'owner', BATCH_LEASE_SECONDS: '600' })
  const owners = batchClient(owner)
  // Waits 1.5 times the two together. It runs nothing of its own.
  const app = await buildApp(t, {
    BATCH_DATABASE_URL: place.database.url,
    BATCH_SERVER_ID: 'asked',
    BATCH_ROLE: 'dispatcher',
    BATCH_STOP_GRACE_SECONDS: '1',
    BATCH_LEASE_SECONDS: '5'
  })
  const client = clientOf(app)
  await pipeline(client, 'sleeps', sleeping('s'))
  const id = await started(client, 'sleeps')
  await owners.when(instanceOf(id), 'STARTED')
  owner.kill('SIGSTOP')
  t.match(await client.ask('DELETE', `/batches/sleeps/${id}`), {
    status: 409,
    json: { code: 'JobNotPurgeable', message: /has active job executions/ }
  })
  t.match((await client.get(`/batches/sleeps/${id}`)).json, { id, state: { state: 'running' } })

  owner.kill('SIGCONT')
  t.match(
    await owners.ended(instanceOf(id)),
    { batchStatus: 'STOPPED' },
    'the stop was written, and is heard'
  )
  t.match(await client.ask('DELETE', `/batches/sleeps/${id}`), {
    status: 200,
    json: { message: 'Batch deleted successfully' }
  })
  t.equal((await client.ask('DELETE', `/batches/sleeps/${id}`)).status, 404)
})
