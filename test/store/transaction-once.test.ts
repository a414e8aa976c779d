// A transaction whose connection goes while it commits: it stands once, and what it gave is not forgotten.
import t from 'tap'
import { type Database, openDatabase, rows } from '../../src/store/database.ts'
import { transactionOnce } from '../../src/store/transaction-once.ts'
import { createDatabase } from '../support/database.ts'
import { isCommit, tcpProxy } from '../support/tcp-proxy.ts'

const { db: direct, url } = await createDatabase(t)
await direct.raw('create table public.once (n integer)')
const proxy = await tcpProxy(t, url)
const db = openDatabase({
  url: proxy.url,
  applicationName: 'batchyard test',
  statementTimeoutSeconds: 10,
  connections: 2
})
t.teardown(() => db.destroy())

/** Cuts the first `times` commits in that way. */
function cutCommits(how: 'cutBefore' | 'cutAfter' | 'holdOpen', times: number): void {
  let left = times
  proxy.rule = ({ text }) => (isCommit(text) && left-- > 0 ? how : 'pass')
}

async function count(n: number): Promise<number> {
  const [row] = await rows<{ found: number }>(
    direct,
    'select count(*)::int as found from public.once where n = :n',
    { n }
  )
  return row!.found
}

const insert = async (trx: Database, n: number) => {
  await rows(trx, 'insert into public.once values (:n)', { n })
  return `wrote ${n}`
}

for (const [at, how] of (['cutBefore', 'cutAfter', 'holdOpen'] as const).entries())
  t.test(`E5 ${how}: what was written stands once`, async t => {
    cutCommits(how, 2)
    t.equal(await transactionOnce(db, { awayMs: 10_000 }, trx => insert(trx, at)), `wrote ${at}`)
    t.equal(await count(at), 1)
  })

t.test(
  'E5 the session of a transaction in doubt is ended before it is done again: its locks are gone',
  async t => {
    cutCommits('holdOpen', 1)
    await direct.raw('insert into public.once values (50)')
    const began = performance.now()
    await transactionOnce(db, { awayMs: 10_000 }, trx =>
      rows(trx, 'update public.once set n = n + 1 where n = 50')
    )
    t.ok(performance.now() - began < 1900, 'nobody waited for lock_timeout')
    t.equal(await count(51), 1)
  }
)

t.test('E5 a transaction that only read is read again', async t => {
  cutCommits('cutAfter', 1)
  const read = await transactionOnce(db, { awayMs: 10_000 }, trx => rows(trx, 'select 1 as one'))
  t.same(read, [{ one: 1 }])
})

t.test('an error of the work itself is its caller’s, and nothing stands', async t => {
  proxy.rule = () => 'pass'
  const work = async (trx: Database) => {
    await insert(trx, 60)
    throw new RangeError('too much')
  }
  await t.rejects(transactionOnce(db, { awayMs: 10_000 }, work), RangeError)
  t.equal(await count(60), 0)
})

t.test('inside another transaction it stands or falls with that', async t => {
  await t.rejects(
    db.transaction(async trx => {
      await transactionOnce(trx, { awayMs: 10_000 }, inner => insert(inner, 70))
      throw new RangeError('after all')
    }),
    RangeError
  )
  t.equal(await count(70), 0)
})
