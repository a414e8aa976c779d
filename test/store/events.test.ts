// Events: none is skipped, however late its transaction commits, and who has missed some is told.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { dropOldEvents, makeEventPartitions } from '../../src/store/event-partitions.ts'
import { appendEvents, type EventPage, eventPositionNow, readEvents } from '../../src/store/events.ts'
import { createDatabase } from '../support/database.ts'

const { db } = await createDatabase(t)

const event = (kind: string) => ({ kind, instanceId: 7, body: { kind } })

/** Rows out of hand: with a transaction and an age of the test's choice. */
async function past(kind: string, xid: string, age: string): Promise<void> {
  await rows(
    db,
    `insert into event (kind, xid, body, create_time) values (:kind, :xid::xid8, '{}', clock_timestamp() - :age::interval)`,
    { kind, xid, age }
  )
}

const kindsOf = (page: EventPage) =>
  page.kind === 'events' ? page.events.map(({ kind }) => kind) : page.kind

/** Reads until an expected event is there: what other databases of this server do may hold it back for a moment. */
async function readUntil(after: string, last: string): Promise<string[]> {
  const kinds: string[] = []
  for (let position = after; ;) {
    const page = await readEvents(db, position, 2)
    if (page.kind === 'reset') throw new Error('reset')
    kinds.push(...page.events.map(({ kind }) => kind))
    if (kinds.includes(last)) return kinds
    position = page.position
  }
}

t.test('E17 events come in order, page by page, and only once they are committed', async t => {
  const begin = await eventPositionNow(db)
  await appendEvents(db, [event('a'), event('b')])
  await appendEvents(db, [event('c')])
  await db
    .transaction(async trx => {
      await appendEvents(trx, [event('never')])
      await trx.rollback()
    })
    .catch(() => {}) // it was rolled back by hand
  await appendEvents(db, [event('d')])
  t.same(await readUntil(begin, 'd'), ['a', 'b', 'c', 'd'])
  const page = await readEvents(db, begin, 1)
  t.match(page, {
    kind: 'events',
    events: [{ kind: 'a', instanceId: 7, body: { kind: 'a' }, createTime: Date }]
  })
})

t.test(
  'E17 an event whose transaction commits late is not skipped, and those after it wait for it',
  async t => {
    const begin = await eventPositionNow(db)
    const late = await db.transaction()
    await appendEvents(late, [event('late')])
    await appendEvents(db, [event('early')])
    const page = await readEvents(db, begin, 10)
    t.same(kindsOf(page), [], 'the early one has a later transaction, so it would stand behind')
    t.equal(page.position, begin)
    await late.commit()
    t.same(await readUntil(begin, 'early'), ['late', 'early'])
  }
)

t.test('E17 transactions are in the order of their numbers, not of their digits', async t => {
  for (const xid of ['10', '9', '100']) await past(xid, xid, '0 s')
  t.same(kindsOf(await readEvents(db, '8-0', 3)), ['9', '10', '100'])
})

t.test('E17 a position that is none, or of another database, is reset', async t => {
  for (const wrong of [
    '',
    'abc',
    '1',
    '1-',
    '-1-1',
    '1-1-1',
    '99999999999999999999-1',
    '1-9999999999999999999',
    '18446744073709551615-0',
    '1-1 or true'
  ])
    t.equal((await readEvents(db, wrong, 10)).kind, 'reset', wrong)
})

t.test('E17 partitions are made ahead, once, and take the events of their hour', async t => {
  await rows(db, 'delete from event')
  t.equal(await makeEventPartitions(db), 4)
  t.equal(await makeEventPartitions(db), 0)
  await appendEvents(db, [event('placed')])
  const [{ rest }] = (await rows(db, 'select count(*)::int as rest from event_rest')) as [{ rest: number }]
  t.equal(rest, 0)
})

t.test(
  'E17 an hour that already has events without a partition is passed over, and nothing is lost',
  async t => {
    const names = await rows<{ name: string }>(
      db,
      `select relname as name from pg_class where relname ~ '^event_[0-9]{8}_[0-9]{2}$'`
    )
    for (const { name } of names) await rows(db, `drop table ${name}`)
    const begin = await eventPositionNow(db)
    await appendEvents(db, [event('unplaced')])
    await makeEventPartitions(db)
    t.same(await readUntil(begin, 'unplaced'), ['unplaced'])
  }
)

t.test('E17 after a day events are dropped, and who had not read them is reset', async t => {
  await rows(db, 'delete from event')
  await rows(
    db,
    `create table event_20000101_00 partition of event for values from ('2000-01-01 00:00Z') to ('2000-01-01 01:00Z')`
  )
  await rows(
    db,
    `insert into event (kind, xid, body, create_time) values ('old', '50', '{}', '2000-01-01 00:30Z'), ('older', '40', '{}', '2000-01-01 00:20Z')`
  )
  await past('stray', '60', '25 hours')
  await past('kept', '70', '23 hours')
  const before = await readEvents(db, '39-0', 10)
  t.same(kindsOf(before), ['older', 'old', 'stray', 'kept'])
  const positions = before.kind === 'events' ? before.events.map(({ position }) => position) : []
  t.equal(await dropOldEvents(db), 1)
  t.equal(kindsOf(await readEvents(db, '39-0', 10)), 'reset')
  t.equal(kindsOf(await readEvents(db, positions[1]!, 10)), 'reset', 'the stray one is gone')
  t.same(
    kindsOf(await readEvents(db, positions[2]!, 10)),
    ['kept'],
    'who has read all that is gone has missed nothing'
  )
  t.equal(await dropOldEvents(db), 0)
  const { position } = await readEvents(db, '39-0', 10)
  t.equal((await readEvents(db, position, 10)).kind, 'events', 'and goes on from where the reset says')
})

t.test('E17 a drop does not wait for an open writer of events, nor let others wait', async t => {
  await rows(
    db,
    `create table event_20000102_00 partition of event for values from ('2000-01-02 00:00Z') to ('2000-01-02 01:00Z')`
  )
  const open = await db.transaction()
  await appendEvents(open, [event('open')])
  await t.rejects(dropOldEvents(db), { code: '55P03' })
  await open.commit()
  t.equal(await dropOldEvents(db), 1)
})
