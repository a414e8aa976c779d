// Who counts as dead: never one that could not renew its lease because PostgreSQL itself was away (ENGINE E7).
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { findExpired, findPredecessor, insertIncarnation } from '../../src/store/incarnations.ts'
import { createDatabase } from '../support/database.ts'

const { db } = await createDatabase(t)
const incarnation = '11111111-1111-4111-8111-111111111111'
const mine = '22222222-2222-4222-8222-222222222222'
/** Longer than any PostgreSQL has been up. */
const SINCE_POSTMASTER_START = 1e9

t.test('E7 a lease that ran out while PostgreSQL was away counts from its return', async t => {
  await insertIncarnation(db, {
    incarnation,
    serverId: 'one',
    address: '',
    applications: [],
    leaseSeconds: 60
  })
  t.match(await findPredecessor(db, 'one', 1), { expired: false })
  await rows(db, `update incarnation set expires = clock_timestamp() - interval '1 second'`)
  t.match(await findPredecessor(db, 'one', SINCE_POSTMASTER_START), { expired: false }, 'by one that starts')
  t.same(await findExpired(db, mine, SINCE_POSTMASTER_START), [], 'by one that sweeps')
  t.match(await findPredecessor(db, 'one'), { expired: true })
  t.match(await findExpired(db, mine, 0), [{ incarnation, marked: false }])
  t.same(await findExpired(db, incarnation, 0), [], 'nobody finds itself')
})
