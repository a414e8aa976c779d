// Jobs that are claimed in the commit that stores them (ENGINE E3), and those that are not although a thread is free.
import t from 'tap'
import { rows, type Database } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { CALLER, endedJob, submitJsl } from '../support/jobs.ts'
import { until } from '../support/until.ts'

const NOTHING = '<step id="s"><batchlet ref="simpleBatchlet"/></step>'

const SUBMISSION = {
  application: 'SimpleBatchJob',
  module: 'SimpleBatchJob.war',
  component: null,
  jobXMLName: '',
  jobParameters: {},
  idempotencyKey: null
}

async function unitsOf(db: Database) {
  return await rows<{ status: string; epoch: number; incarnation: string | null }>(
    db,
    'select status, epoch, incarnation from unit order by unit_id'
  )
}

t.test('a job with a free thread is claimed as it is stored, without one it is READY', async t => {
  const { operator, database } = await buildApp(t, { BATCH_THREADS: '1' })
  const ended = await submitJsl(operator, 'SimpleBatchJob', NOTHING)
  t.equal((await endedJob(operator, ended)).batchStatus, 'COMPLETED')
  await submitJsl(operator, 'SimpleBatchJob', '<step id="s"><batchlet ref="sleepyBatchlet"/></step>')
  t.match(await unitsOf(database.db), [{ status: /CLAIMED|STARTED/, epoch: 1, incarnation: String }])
  await submitJsl(operator, 'SimpleBatchJob', NOTHING)
  t.match(await unitsOf(database.db), [{}, { status: 'READY', epoch: 0, incarnation: null }])
})

t.test('a server whose lease is over claims nothing as it stores it', async t => {
  const { operator, database, tick } = await buildApp(t)
  await rows(database.db, `update incarnation set expires = clock_timestamp() - interval '1 second'`)
  const instanceId = await submitJsl(operator, 'SimpleBatchJob', NOTHING)
  t.match(await unitsOf(database.db), [{ status: 'READY', epoch: 0, incarnation: null }])
  await rows(database.db, `update incarnation set expires = clock_timestamp() + interval '30 seconds'`)
  await tick()
  t.equal((await endedJob(operator, instanceId)).batchStatus, 'COMPLETED')
})

t.test('what is stored while the server goes down is given back', async t => {
  const { operator, database, stop } = await buildApp(t)
  const lock = await database.db.transaction()
  await rows(lock, 'lock table unit in share row exclusive mode')
  const submitted = submitJsl(operator, 'SimpleBatchJob', NOTHING)
  await until('it waits for the lock', async () => {
    const waiting = await rows(
      database.db,
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        and query like '%with submission as%'`
    )
    return waiting.length > 0
  })
  const stopped = stop()
  await lock.commit()
  await Promise.all([submitted, stopped])
  t.match(await unitsOf(database.db), [{ status: 'READY', epoch: 1, incarnation: null }])
})

t.test('a submit that waits for a lock keeps no thread from what is READY', async t => {
  const { operator, database } = await buildApp(t, { BATCH_THREADS: '1', BATCH_CAPS: '{"job:capped":3}' })
  const nothing = (id: string) =>
    `<job id="${id}" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">${NOTHING}</job>`
  const submit = async (id: string) =>
    (await operator.submit({ ...SUBMISSION, jobXML: nothing(id) }, CALLER)).instance
  const first = await submit('capped')
  await endedJob(operator, first.instanceId)
  const lock = await database.db.transaction()
  await rows(lock, 'select from cap where key = :key for update', { key: 'job:capped' })
  const capped = submit('capped')
  await until('it waits for the lock', async () => {
    const waiting = await rows(
      database.db,
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    )
    return waiting.length > 0
  })
  const { instanceId } = await submit('free')
  t.equal((await endedJob(operator, instanceId)).batchStatus, 'COMPLETED')
  await lock.commit()
  t.equal((await endedJob(operator, (await capped).instanceId)).batchStatus, 'COMPLETED')
})
