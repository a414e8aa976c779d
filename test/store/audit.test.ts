// The chain of audit rows: what is changed, removed or not yet chained is told.
import t from 'tap'
import { alone } from '../../src/store/advisory-lock.ts'
import { appendAudit, chainAudit, verifyAudit } from '../../src/store/audit.ts'
import { rows } from '../../src/store/database.ts'
import { createDatabase } from '../support/database.ts'

const { db } = await createDatabase(t)

const entry = (subject: string) => ({
  actor: 'alice',
  action: 'purge',
  subject,
  detail: { why: 'old', ids: [1, 2] }
})

t.beforeEach(async () => {
  await rows(db, 'truncate audit restart identity')
})

t.test('E17 rows are chained when they are committed, and the unchained tail is reported', async t => {
  t.same(await verifyAudit(db), {
    broken: null,
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
  t.match(await verifyAudit(db), { broken: null, unchained: 0, head: { number: 3 } })
  await open.commit()
  t.match(await verifyAudit(db), { broken: null, unchained: 1, head: { number: 3 } })
  t.equal(await chainAudit(db), 1)
  t.match(await verifyAudit(db), { broken: null, unchained: 0, head: { number: 4 } })
})

t.test('E17 a change of any column of a chained row is found', async t => {
  await appendAudit(db, [entry('1'), entry('2'), entry('3')])
  await chainAudit(db)
  for (const change of [
    `actor = 'bob'`,
    `action = 'stop'`,
    `subject = 'x'`,
    `detail = '{"why": "old", "ids": [2, 1]}'`,
    `create_time = create_time + interval '1 microsecond'`,
    `chain_number = 7`,
    `hash = decode(repeat('00', 32), 'hex')`
  ]) {
    await db
      .transaction(async trx => {
        await rows(trx, `update audit set ${change} where audit_id = 2`)
        t.match(await verifyAudit(trx), { broken: { auditId: /^[23]$/ }, head: { number: 1 } }, change)
        await trx.rollback()
      })
      .catch(() => {}) // rolled back by hand
  }
  t.equal((await verifyAudit(db)).broken, null, 'all were taken back')
})

t.test(
  'E17 a removed row is found, in the middle by itself and at the end by a head that was noted',
  async t => {
    await appendAudit(db, [entry('1'), entry('2'), entry('3')])
    await chainAudit(db)
    const { head } = await verifyAudit(db)
    t.match(await verifyAudit(db, head), { hasNoted: true })
    await rows(db, 'delete from audit where audit_id = 3')
    t.match(await verifyAudit(db), { broken: null })
    t.match(await verifyAudit(db, head), { hasNoted: false }, 'cut off')
    await appendAudit(db, [entry('3')])
    await chainAudit(db)
    t.match(await verifyAudit(db, head), { broken: null, hasNoted: false }, 'made anew')
    await rows(db, 'delete from audit where audit_id = 1')
    t.match(await verifyAudit(db), { broken: { number: 2, auditId: 2 } })
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
  t.match(await verifyAudit(db), { broken: null, unchained: 0, head: { number: 2500 } })
})

t.test('while one server chains, another leaves it alone', async t => {
  await appendAudit(db, [entry('1')])
  await alone(db, 'audit', async () => {
    t.equal(await chainAudit(db), 0)
    t.equal(await alone(db, 'audit', async () => {}), false)
  })
  t.equal(await chainAudit(db), 1)
})
