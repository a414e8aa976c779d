// The chain of audit rows: what is changed, removed or not yet chained is told; and what is looked for in it is found.
import t from 'tap'
import { alone } from '../../src/store/advisory-lock.ts'
import { appendAudit, type AuditEntry, chainAudit, verifyAudit } from '../../src/store/audit.ts'
import { type AuditSearch, listAuditEntries } from '../../src/store/audit-entries.ts'
import { rows } from '../../src/store/database.ts'
import { createDatabase } from '../support/database.ts'

const { db } = await createDatabase(t)

const entry = (id: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  who: 'alice',
  what: 'instance.purge',
  target: `instance:${id}`,
  reason: 'old',
  before: { ids: [1, 2] },
  ...more
})

t.beforeEach(async () => {
  await rows(db, 'truncate audit restart identity')
  await rows(db, `update audit_head set number = 0, hash = decode(repeat('00', 32), 'hex')`)
})

t.test('E17 rows are chained when they are committed, and the unchained tail is reported', async t => {
  t.same(await verifyAudit(db), {
    firstBad: null,
    head: { number: 0, hash: '0'.repeat(64) },
    unchained: 0,
    hasNoted: true
  })
  await appendAudit(db, [entry('1'), entry('2')])
  const open = await db.transaction()
  await appendAudit(open, [entry('3')])
  await appendAudit(db, [entry('4')])
  t.match(await verifyAudit(db), { unchained: 3, head: { number: 0 } })
  t.equal(await chainAudit(db), 3)
  t.match(await verifyAudit(db), { firstBad: null, unchained: 0, head: { number: 3 } })
  await open.commit()
  t.match(await verifyAudit(db), { firstBad: null, unchained: 1, head: { number: 3 } })
  t.equal(await chainAudit(db), 1)
  t.match(await verifyAudit(db), { firstBad: null, unchained: 0, head: { number: 4 } })
})

t.test('E17 a change of any column of a chained row is found', async t => {
  await appendAudit(db, [entry('1'), entry('2'), entry('3')])
  await chainAudit(db)
  for (const change of [
    `who = 'bob'`,
    `what = 'instance.stop'`,
    `target = 'x'`,
    `reason = null`,
    `before = '{"ids": [2, 1]}'`,
    `after = '{}'`,
    `create_time = create_time + interval '1 microsecond'`,
    `chain_number = 7`,
    `hash = decode(repeat('00', 32), 'hex')`
  ]) {
    await db
      .transaction(async trx => {
        await rows(trx, `update audit set ${change} where audit_id = 2`)
        t.match(await verifyAudit(trx), { firstBad: 2, head: { number: 1 } }, change)
        await trx.rollback()
      })
      .catch(() => {}) // rolled back by hand
  }
  t.equal((await verifyAudit(db)).firstBad, null, 'all were taken back')
})

t.test('E17 a removed row is found wherever it stood, and stays found when more is chained', async t => {
  for (const removed of [1, 2, 3]) {
    await rows(db, 'truncate audit restart identity')
    await rows(db, `update audit_head set number = 0, hash = decode(repeat('00', 32), 'hex')`)
    await appendAudit(db, [entry('1'), entry('2'), entry('3')])
    await chainAudit(db)
    await rows(db, 'delete from audit where audit_id = :removed', { removed })
    t.match(await verifyAudit(db), { firstBad: removed, head: { number: removed - 1 } })
    await appendAudit(db, [entry('4')])
    await chainAudit(db)
    t.match(await verifyAudit(db), { firstBad: removed, head: { number: removed - 1 } })
  }
  await rows(db, 'delete from audit')
  t.match(await verifyAudit(db), { firstBad: 1 })
})

t.test(
  'E17 a row put before the first, and an end that was removed with its noted head, are found',
  async t => {
    await appendAudit(db, [entry('1'), entry('2')])
    await chainAudit(db)
    await rows(
      db,
      `insert into audit (who, what, target, chain_number, hash) values ('eve', 'instance.stop', 'instance:1', 0, '\\x00')`
    )
    t.match(await verifyAudit(db), { firstBad: 1, head: { number: 0 } })
    await rows(db, 'delete from audit where chain_number = 0')
    await rows(db, 'delete from audit where chain_number = 2')
    const [head] = await rows<{ number: number; hash: Buffer }>(
      db,
      'delete from audit_head returning number, hash'
    )
    t.match(await verifyAudit(db), { firstBad: 2 })
    await appendAudit(db, [entry('3')])
    await t.rejects(chainAudit(db), { message: /has lost its head/ })
    await rows(db, 'insert into audit_head (number, hash) values (:number, :hash)', { ...head })
  }
)

t.test(
  'E17 a chain that was cut off and made anew, its end too, is found by a head that was noted',
  async t => {
    await appendAudit(db, [entry('1'), entry('2'), entry('3')])
    await chainAudit(db)
    const { head } = await verifyAudit(db)
    t.match(await verifyAudit(db, head), { hasNoted: true })
    await rows(db, 'delete from audit where audit_id = 3')
    await rows(
      db,
      `update audit_head set number = chain_number, hash = audit.hash from audit where audit.audit_id = 2`
    )
    t.match(await verifyAudit(db), { firstBad: null })
    t.match(await verifyAudit(db, head), { hasNoted: false }, 'cut off')
    await appendAudit(db, [entry('3')])
    await chainAudit(db)
    t.match(await verifyAudit(db, head), { firstBad: null, hasNoted: false }, 'made anew')
  }
)

t.test('E17 a chain longer than a page, made by two at once, has no fork', async t => {
  await appendAudit(
    db,
    Array.from({ length: 2500 }, (_, at) => entry(String(at)))
  )
  const chained = await Promise.all([chainAudit(db), chainAudit(db)])
  await chainAudit(db)
  t.ok(chained.every(count => count <= 2500))
  t.match(await verifyAudit(db), { firstBad: null, unchained: 0, head: { number: 2500 } })
})

t.test('while one server chains, another leaves it alone', async t => {
  await appendAudit(db, [entry('1')])
  await alone(db, 'audit', async () => {
    t.equal(await chainAudit(db), 0)
    t.equal(await alone(db, 'audit', async () => {}), false)
  })
  t.equal(await chainAudit(db), 1)
})

const ALL: AuditSearch = {
  who: null,
  what: null,
  target: null,
  from: null,
  to: null,
  before: null,
  limit: 100
}

t.test('entries are found by each filter, chained or not, newest first', async t => {
  const found = async (search: Partial<AuditSearch>) =>
    (await listAuditEntries(db, { ...ALL, ...search })).map(({ target }) => target.slice('instance:'.length))
  await appendAudit(db, [entry('1'), entry('2', { who: 'a%ice', what: 'instance.stop' })])
  await chainAudit(db)
  await appendAudit(db, [entry('3', { who: 'bob', what: 'joblog.delete' }), entry('4')])
  t.same(await found({}), ['4', '3', '2', '1'])
  t.same(await found({ limit: 2 }), ['4', '3'])
  t.same(await found({ before: 3, limit: 2 }), ['2', '1'])
  t.same(await found({ who: 'alice' }), ['4', '1'])
  t.same(await found({ who: 'a%*' }), ['2'], 'only * is a wildcard')
  t.same(await found({ who: 'A*' }), [])
  t.same(await found({ what: 'instance.*' }), ['4', '2', '1'])
  t.same(await found({ what: '*.delete' }), ['3'])
  t.same(await found({ target: 'instance:2' }), ['2'])
  const [newest] = await listAuditEntries(db, ALL)
  t.match(newest, {
    number: null,
    hash: null,
    who: 'alice',
    reason: 'old',
    before: { ids: [1, 2] },
    after: null
  })
  t.match((await listAuditEntries(db, { ...ALL, limit: 4 }))[3], { number: 1, hash: /^[0-9a-f]{64}$/ })
  const { time } = newest!
  t.ok((await found({ from: time })).includes('4'))
  t.ok((await found({ to: time })).includes('4'), 'to the millisecond that is shown')
  t.same(await found({ from: new Date(time.getTime() + 1000) }), [])
  t.same(await found({ to: new Date(time.getTime() - 60_000) }), [])
})
