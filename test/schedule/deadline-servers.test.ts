// A deadline whose server dies while it judges it, and one that comes while there is no server at all: each is told once.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { serverPlace, type ServerProcess, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const JSL = `<job id="late" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"><step id="s"><batchlet ref="sleepyBatchlet">
  <properties><property name="sleep.time.seconds" value="300"/></properties></batchlet></step></job>`

async function post<Answer>(server: ServerProcess, path: string, body: object): Promise<Answer> {
  const answer = await fetch(`${server.url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  if (!answer.ok) throw new Error(await answer.text())
  return (await answer.json()) as Answer
}

t.test('the server that would notice is killed: another one tells it, once', async t => {
  const place = await serverPlace(t)
  const { db } = place.database
  const dying = await startServer(t, place, { BATCH_SERVER_ID: 'dying' })
  const late = { name: 'late', application: 'SimpleBatchJob', jsl: JSL }
  await post(dying, '/definitions', {
    ...late,
    deadlines: { startWithinSeconds: 3600, endWithinSeconds: 3600 }
  })
  const { instanceId } = await post<{ instanceId: number }>(dying, '/definitions/late/run', {})
  await until('it runs', async () => {
    const started = await rows(
      db,
      'select from job_execution where instance_id = :instanceId and start_time is not null',
      { instanceId }
    )
    return started.length === 1
  })
  const holding = Promise.withResolvers<void>()
  t.teardown(async () => holding.resolve())
  const held = Promise.withResolvers<void>()
  const lock = db.transaction(async trx => {
    await rows(trx, 'lock table event in share mode')
    held.resolve()
    await holding.promise
  })
  await held.promise
  await rows(
    db,
    `update deadline set due = clock_timestamp() - interval '2 seconds' where instance_id = :instanceId and kind = 'end'`,
    { instanceId }
  )
  await until('the server judges it, and cannot tell', async () => {
    const waiting = await rows(
      db,
      `select from pg_locks where not granted and relation in ('event'::regclass, 'event_rest'::regclass)`
    )
    return waiting.length > 0
  })
  dying.kill('SIGKILL')
  await dying.ended
  holding.resolve()
  await lock
  // With nobody there the other one comes.
  await rows(
    db,
    `update deadline set due = clock_timestamp() - interval '2 seconds' where instance_id = :instanceId and kind = 'start'`,
    { instanceId }
  )
  await startServer(t, place, { BATCH_SERVER_ID: 'other' })
  await until('both are judged', async () => {
    const judged = await rows(
      db,
      'select from deadline where instance_id = :instanceId and judged_at is not null',
      {
        instanceId
      }
    )
    return judged.length === 2
  })
  const kinds = await rows<{ kind: string }>(
    db,
    `select kind from event where kind like 'deadlines/%' and instance_id = :instanceId order by kind`,
    { instanceId }
  )
  t.same(kinds, [{ kind: 'deadlines/end_missed' }, { kind: 'deadlines/start_missed' }])
})
