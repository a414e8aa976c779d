// E12 batchyard.preemptible through the whole engine: a job gives its threads to one of a higher priority, promptly, goes on by
// itself as the same execution, and writes nothing twice.
import path from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { type Database, rows } from '../../src/store/database.ts'
import { buildApp, type TestApp } from '../support/build-app.ts'
import type { Teardown } from '../support/database.ts'
import { CALLER, endedJob, submitJsl, whenJob } from '../support/jobs.ts'
import { ledgerOf, makeLedger } from '../support/ledger.ts'
import { until } from '../support/until.ts'

const APPLICATIONS = path.join(import.meta.dirname, '../support/applications')

const PREEMPTIBLE = `<properties><property name="batchyard.preemptible" value="true"/></properties>`
const CHUNK = 5
const numbers = (
  items: number,
  millis: number
) => `<chunk item-count="${CHUNK}"><reader ref="Numbers"><properties>
  <property name="items" value="${items}"/><property name="millis" value="${millis}"/></properties></reader>
  <writer ref="ledgerWriter"/></chunk>`
const low = (items: number, millis: number, partition = '') =>
  `${PREEMPTIBLE}<step id="s">${numbers(items, millis)}${partition}</step>`
const batchlet = (millis: number) =>
  `<batchlet ref="pause"><properties><property name="millis" value="${millis}"/></properties></batchlet>`

async function withLedger(t: Teardown, settings: Readonly<Record<string, string>>): Promise<TestApp> {
  const app = await buildApp(t, { BATCH_APPS_DIR: APPLICATIONS, ...settings })
  const { db } = app.database
  await makeLedger(db)
  // When each chunk was written, and when each execution was asked to yield.
  await db.raw('alter table ledger.entry add written_at timestamptz default transaction_timestamp()')
  await db.raw('create table ledger.asked (execution_id bigint, asked_at timestamptz)')
  await db.raw(`create function ledger.note() returns trigger language plpgsql as $$ begin
    insert into ledger.asked values (new.execution_id, clock_timestamp()); return new; end $$`)
  await db.raw(`create trigger asked after update on batchyard.unit for each row
    when (old.yield_requested_at is null and new.yield_requested_at is not null) execute function ledger.note()`)
  return app
}

const high = ({ operator }: TestApp, elements: string) =>
  submitJsl(operator, 'ledger', elements, { com_ibm_ws_batch_message_priority: '9' })

const writes = (db: Database, id: number) =>
  until('something is written', async () => (await ledgerOf(db, id)).rows > 0)

const askedFor = (db: Database, executionId: number) =>
  rows<{ asked_at: Date }>(db, 'select asked_at from ledger.asked where execution_id = :executionId', {
    executionId
  })

/** When its last chunk was written. Not when it ended: its thread is given on while the end is being stored. */
async function lastWrite(db: Database, instanceId: number): Promise<Date> {
  const [row] = await rows<{ at: Date }>(
    db,
    'select max(written_at) as at from ledger.entry where instance_id = :instanceId',
    { instanceId }
  )
  return row!.at
}

/** Chunks written after it was asked; 100 ms are for the way of the message. */
async function chunksAfterwards(db: Database, instanceId: number, until: Date): Promise<number> {
  const [row] = await rows<{ chunks: number }>(
    db,
    `select count(distinct written_at)::int as chunks from ledger.entry, ledger.asked
    where instance_id = :instanceId and written_at > asked_at + interval '100 ms' and written_at < :until`,
    { instanceId, until }
  )
  return row!.chunks
}

t.test(
  'E12 with one thread, the higher job runs within a chunk, and the lower one goes on after it',
  async t => {
    const app = await withLedger(t, { BATCH_THREADS: '1' })
    const { operator, database } = app
    const lower = await submitJsl(operator, 'ledger', low(40, 100))
    const { executionId } = await whenJob(operator, lower, 'STARTED')
    await writes(database.db, lower)
    const higher = await high(app, `<step id="s">${batchlet(500)}</step>`)
    const first = await endedJob(operator, higher)
    t.match(first, { batchStatus: 'COMPLETED' })
    t.match(await operator.jobInstance(lower, CALLER), { instanceState: 'DISPATCHED' })
    t.ok((await chunksAfterwards(database.db, lower, first.endTime!)) <= 1)
    t.equal((await askedFor(database.db, executionId)).length, 1)
    t.match(await endedJob(operator, lower), {
      executionId,
      batchStatus: 'COMPLETED',
      reason: null
    })
    t.match(await operator.stepExecutions(executionId, null, CALLER), [
      {
        stepName: 's',
        batchStatus: 'COMPLETED',
        metrics: { READ_COUNT: 40, WRITE_COUNT: 40, ROLLBACK_COUNT: 0 }
      }
    ])
    const { rows: written, distinct } = await ledgerOf(database.db, lower)
    t.same([written, distinct], [40, 40])
    const log = await text(await operator.jobLogText(executionId, null, CALLER))
    t.match(log, /The job gives way to work of a higher priority, and goes on by itself\./)
  }
)

t.test('E12 its partitions yield with it, and each number is written once', async t => {
  const app = await withLedger(t, { BATCH_THREADS: '2' })
  const { operator, database } = app
  const lower = await submitJsl(
    operator,
    'ledger',
    low(150, 20, '<partition><plan partitions="4"/></partition>')
  )
  const { executionId } = await whenJob(operator, lower, 'STARTED')
  for (let round = 0; round < 2; round++) {
    await writes(database.db, lower)
    const { rows: before } = await ledgerOf(database.db, lower)
    t.match(await endedJob(operator, await high(app, `<step id="s">${batchlet(200)}</step>`)), {
      batchStatus: 'COMPLETED'
    })
    t.match(await operator.jobInstance(lower, CALLER), { instanceState: 'DISPATCHED' })
    await until('it writes again', async () => (await ledgerOf(database.db, lower)).rows > before)
  }
  t.match(await endedJob(operator, lower), { executionId, batchStatus: 'COMPLETED' })
  const { rows: written, distinct } = await ledgerOf(database.db, lower)
  t.same([written, distinct], [600, 600])
})

t.test(
  'E12 a job that did not opt in, one of the same priority and a free thread interrupt nothing',
  async t => {
    const app = await withLedger(t, { BATCH_THREADS: '1' })
    const { operator, database } = app
    const plain = await submitJsl(operator, 'ledger', `<step id="s">${numbers(30, 20)}</step>`)
    await writes(database.db, plain)
    const higher = await high(app, `<step id="s">${batchlet(1)}</step>`)
    await endedJob(operator, plain)
    const first = await endedJob(operator, higher)
    t.ok((await lastWrite(database.db, plain)) <= first.startTime!, 'it was waited for')
    const lower = await submitJsl(operator, 'ledger', low(30, 20))
    await writes(database.db, lower)
    const equal = await submitJsl(operator, 'ledger', `<step id="s">${batchlet(1)}</step>`)
    await endedJob(operator, lower)
    const second = await endedJob(operator, equal)
    t.ok((await lastWrite(database.db, lower)) <= second.startTime!, 'so was this')
    t.same(await rows(database.db, 'select from ledger.asked'), [])
  }
)

t.test('E12 a batchlet is not asked; the chunk step behind it is', async t => {
  const app = await withLedger(t, { BATCH_THREADS: '1' })
  const { operator, database } = app
  const lower = await submitJsl(
    operator,
    'ledger',
    `${PREEMPTIBLE}<step id="a" next="b">${batchlet(1500)}</step><step id="b">${numbers(60, 50)}</step>`
  )
  const { executionId } = await whenJob(operator, lower, 'STARTED')
  await until('a began', async () => (await operator.jobExecution(executionId, CALLER)).steps.length === 1)
  const higher = await high(app, `<step id="s">${batchlet(1)}</step>`)
  const first = await endedJob(operator, higher)
  const last = await endedJob(operator, lower)
  const [asked] = await askedFor(database.db, executionId)
  t.match(last, { batchStatus: 'COMPLETED', steps: [{ stepName: 'a' }, { stepName: 'b' }] })
  const [a] = await operator.stepExecutions(executionId, 'a', CALLER)
  t.ok(a!.endTime! <= asked!.asked_at, 'not before the batchlet had ended')
  t.ok(first.startTime! < last.endTime!, 'before the lower one ended')
  t.same(await ledgerOf(database.db, lower), { rows: 60, distinct: 60, highest: 60 })
})

t.test('E12 on two servers one of two lower jobs gives way to one higher one', async t => {
  const one = await withLedger(t, { BATCH_THREADS: '1', BATCH_SERVER_ID: 'one' })
  const two = await buildApp(t, {
    BATCH_APPS_DIR: APPLICATIONS,
    BATCH_THREADS: '1',
    BATCH_SERVER_ID: 'two',
    BATCH_DATABASE_URL: one.database.url
  })
  const { db } = one.database
  const lower = [
    await submitJsl(one.operator, 'ledger', low(300, 20)),
    await submitJsl(two.operator, 'ledger', low(300, 20))
  ]
  for (const id of lower) await writes(db, id)
  const higher = await high(two, `<step id="s">${batchlet(300)}</step>`)
  t.match(await endedJob(one.operator, higher), { batchStatus: 'COMPLETED' })
  t.equal((await rows(db, 'select from ledger.asked')).length, 1)
  for (const id of lower) {
    t.match(await endedJob(one.operator, id), { batchStatus: 'COMPLETED' })
    t.same(await ledgerOf(db, id), { rows: 300, distinct: 300, highest: 300 })
    t.equal((await one.operator.jobExecutions(id, CALLER)).length, 1)
  }
})

t.test('E12 a priority that is changed counts at once: of what waits, and of what runs', async t => {
  const app = await withLedger(t, { BATCH_THREADS: '1' })
  const { operator, database } = app
  const lower = await submitJsl(operator, 'ledger', low(300, 20))
  const { executionId } = await whenJob(operator, lower, 'STARTED')
  await writes(database.db, lower)
  const waiting = await submitJsl(operator, 'ledger', `<step id="s">${batchlet(1)}</step>`)
  const [first] = await operator.jobExecutions(waiting, CALLER)
  t.same(await operator.changePriority(first!.executionId, 5, CALLER), {
    executionId: first!.executionId,
    instanceId: waiting,
    priority: 5
  })
  t.match(await endedJob(operator, waiting), { batchStatus: 'COMPLETED' })
  t.match(await operator.jobInstance(lower, CALLER), { instanceState: 'DISPATCHED' })

  await whenJob(operator, lower, 'STARTED')
  const { rows: before } = await ledgerOf(database.db, lower)
  await until('it writes again', async () => (await ledgerOf(database.db, lower)).rows > before)
  const equal = await submitJsl(operator, 'ledger', `<step id="s">${batchlet(1)}</step>`)
  t.match(await operator.changePriority(executionId, 3, CALLER), { priority: 3 })
  const second = await endedJob(operator, equal)
  const last = await endedJob(operator, lower)
  t.ok(second.endTime! < last.endTime!, 'it was interrupted by one of the priority it had before')
  t.same(await ledgerOf(database.db, lower), { rows: 300, distinct: 300, highest: 300 })
  t.equal((await askedFor(database.db, executionId)).length, 2)
  await t.rejects(operator.changePriority(executionId, 9, CALLER), { code: 'JobExecutionNotWaiting' })
})

t.test('batchyard.preemptible is true or false', async t => {
  const { operator } = await withLedger(t, { BATCH_THREADS: '1' })
  const wrong = PREEMPTIBLE.replace('true', 'yes')
  await t.rejects(submitJsl(operator, 'ledger', `${wrong}<step id="s">${batchlet(1)}</step>`), {
    code: 'JslInvalid',
    message: /batchyard\.preemptible must be true or false, not "yes"/
  })
})
