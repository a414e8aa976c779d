// The connection offered to job code: no disguise of transaction control gets through, and nothing harmless is refused.
import t from 'tap'
import pg from 'pg'
import {
  refuseTransactionControl,
  runOffered,
  TransactionControlRefused
} from '../../src/store/offered-connection.ts'
import { createDatabase } from '../support/database.ts'

const { url } = await createDatabase(t)

const CONTROL = [
  'commit',
  ' COMMIT ;',
  'Commit Work',
  'end',
  'end transaction',
  'rollback',
  'rollback to savepoint x',
  'abort',
  'begin',
  'start transaction',
  'START  TRANSACTION',
  'start /* x */ transaction',
  'start--x\ntransaction',
  'savepoint x',
  'release savepoint x',
  `prepare transaction 'x'`,
  `prepare/**/transaction 'x'`,
  `commit prepared 'x'`,
  'set transaction isolation level serializable',
  'set local transaction read only',
  'set session characteristics as transaction read only',
  'discard all',
  '-- x\ncommit',
  '-- x\r\ncommit',
  '-- x\rcommit',
  '/* x */ commit',
  '/* /* x */ */ commit',
  '/**/commit',
  '/* -- */ commit',
  '; ; commit',
  '\tcommit',
  '\fcommit',
  '\vcommit',
  'commit/* x */',
  'commit--x'
]

const HARMLESS = [
  'select 1',
  'insert into ends values (1)',
  `select 'commit'`,
  'select 1 -- commit',
  '/* commit */ select 1',
  'with begin_ as (select 1) select * from begin_',
  'prepare transactions as select 1',
  'set local statement_timeout = 100',
  'lock table x'
]

for (const sql of CONTROL)
  t.throws(() => refuseTransactionControl(sql), TransactionControlRefused, JSON.stringify(sql))

for (const sql of HARMLESS) t.doesNotThrow(() => refuseTransactionControl(sql), JSON.stringify(sql))

t.test('E9 what is let through never ends the transaction it is in', async t => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.teardown(() => client.end())
  const tries = [
    'select 1; commit',
    'do $$ begin commit; end $$',
    'do $$ begin rollback; end $$',
    `select 1; -- x\n commit`
  ]
  for (const sql of [...CONTROL, ...tries]) {
    await client.query('begin')
    const { rows: before } = await client.query('select pg_current_xact_id()::text as xid')
    await client.query('savepoint outer_')
    try {
      refuseTransactionControl(sql)
      await runOffered(client, sql, [])
    } catch {
      // Refused by us or by PostgreSQL: either is right, and the transaction must be the same one.
      await client.query('rollback to savepoint outer_')
    }
    const { rows: after } = await client.query('select pg_current_xact_id()::text as xid')
    t.same(after, before, JSON.stringify(sql))
    await client.query('rollback')
  }
})
