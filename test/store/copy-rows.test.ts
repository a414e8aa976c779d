// COPY on the connection offered to job code: values arrive as they are, names are never SQL, and a failure leaves the connection usable.
import t from 'tap'
import pg from 'pg'
import { copyOffered } from '../../src/store/copy-rows.ts'
import { createDatabase } from '../support/database.ts'

const { url } = await createDatabase(t)
const client = new pg.Client({ connectionString: url })
await client.connect()
t.teardown(() => client.end())
const HOSTILE = 'a"b) from stdin; commit --'

t.test('whatever a value has in it, it is in the table as it was', async t => {
  await client.query(`create table "s.x" (id int, txt text, j jsonb, b bytea, d timestamptz)`)
  const date = new Date('2026-01-02T03:04:05.678Z')
  const texts = ['', '\\N', '\\.', 'a\tb\nc\rd\\', '한글 é', null, undefined]
  const rows = texts.map((text, id) => [id, text, { k: 'x\ny"' }, Buffer.from([0, 255, 92]), date])
  t.equal(await copyOffered(client, '"s.x"', ['id', 'txt', 'j', 'b', 'd'], rows), 7)
  const { rows: found } = await client.query('select * from "s.x" order by id')
  t.same(
    found,
    texts.map((text, id) => ({
      id,
      txt: text ?? null,
      j: { k: 'x\ny"' },
      b: Buffer.from([0, 255, 92]),
      d: date
    }))
  )
})

t.test('a hostile name is a name', async t => {
  await client.query(`create table "${HOSTILE.replaceAll('"', '""')}" (n int)`)
  const quoted = `"${HOSTILE.replaceAll('"', '""')}"`
  t.equal(await copyOffered(client, quoted, ['n'], [[1]]), 1)
  for (const table of ['t from stdin; commit', 'a.b.c', '', 'a"b', '"a"b', 'a.'])
    await t.rejects(copyOffered(client, table, ['n'], [[1]]))
  await t.rejects(copyOffered(client, quoted, ['n) from stdin; commit --'], [[1]]), /does not exist/)
  t.same((await client.query('select 1 as n')).rows, [{ n: 1 }])
})

t.test('rows are drawn as they are taken, and when they end with an error none is there', async t => {
  await client.query('create table public.many (n int, x text)')
  async function* rows(): AsyncGenerator<unknown[]> {
    for (let n = 0; n < 50_000; n++) yield [n, 'x'.repeat(100)]
  }
  t.equal(await copyOffered(client, 'public.many', ['n', 'x'], rows()), 50_000)
  const broken = function* (): Generator<unknown[]> {
    for (let n = 0; n < 5000; n++) yield [n, 'x'.repeat(100)]
    throw new Error('no more of them')
  }
  for (const bad of [broken(), [[1, 'x'], [2]], [['no number', 'x']]]) {
    await client.query('begin; savepoint s')
    await t.rejects(copyOffered(client, 'public.many', ['n', 'x'], bad))
    await client.query('rollback to savepoint s; commit')
    t.same((await client.query('select count(*)::int as n from public.many')).rows, [{ n: 50_000 }])
  }
})
