// sqlReader, sqlWriter and keyRangeMapper in a whole server, on its real PostgreSQL.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import type { ItemReader } from '../../../src/batch/artifacts.ts'
import { batchClient, type Json } from '../../support/batch-client.ts'
import { buildApp } from '../../support/build-app.ts'
import { folderWith } from '../support.ts'
import { builtIn } from './built-in.ts'
import { type ChunkStep, submitInline } from './inline-job.ts'
import { allOf } from './reading.ts'

const apps = await folderWith(t, { 'app/artifacts.ts': 'export const nothing = () => {}' })
const files = await folderWith(t, {})
const app = await buildApp(t, {
  BATCH_APPS_DIR: apps,
  BATCH_INLINE_FOLDERS: files,
  BATCH_INLINE_CONNECTIONS: 'repository'
})
const client = batchClient({ url: app.address() })
const { db } = app.database
await db.raw(`create schema jobs`)
await db.raw(`create table jobs.item (id bigint primary key, name varchar(20) not null, day date, tags text[], more jsonb,
  n integer default 7, "odd ""name" text)`)

const sql = async (text: string) => ((await db.raw(text)) as { rows: Json[] }).rows
const run = async (steps: readonly ChunkStep[]): Promise<Json> =>
  await client.ended(await submitInline(client, 'app', steps))
const reasonOf = async (execution: Json) =>
  await (
    await fetch(`${app.address()}/ibm/api/batch/jobexecutions/${execution.executionId}/joblogs?type=text`)
  ).text()
const rowsOf = (text: string) => ['sqlReader', { sql: text, fetchSize: '3' }] as const

async function completes(t: Test, steps: readonly ChunkStep[]): Promise<void> {
  const execution = await run(steps)
  t.equal(
    execution.batchStatus,
    'COMPLETED',
    execution.batchStatus === 'COMPLETED' ? '' : await reasonOf(execution)
  )
}

async function failsWith(t: Test, steps: readonly ChunkStep[], reason: RegExp): Promise<void> {
  const execution = await run(steps)
  t.equal(execution.batchStatus, 'FAILED')
  t.match(await reasonOf(execution), reason)
}

const MODES = [{ mode: 'insert' }, { mode: 'copy' }, { mode: 'upsert', key: 'id' }]

for (const mode of MODES)
  t.test(
    `${mode.mode}: values of every kind arrive, and columns that no item has get their defaults`,
    async t => {
      await db.raw('truncate jobs.item')
      const items =
        rowsOf(`select 9007199254740993 + g as id, E'a\\tb\\\\"' || g as name, date '2026-01-31' as day,
      array['x,"y', null, g::text] as tags, jsonb_build_object('k', g) as more, null::text as "odd ""name"
      from generate_series(1, 25) g`)
      await completes(t, [{ reader: items, writer: ['sqlWriter', { table: 'jobs.item', ...mode }] }])
      const found =
        await sql(`select count(*)::int as rows, min(id)::text as least, min(n) as n, count(day)::int as days,
      bool_and(name = E'a\\tb\\\\"' || (id - 9007199254740993)) as names, bool_and(tags[1] = 'x,"y' and tags[2] is null) as tags,
      bool_and((more->>'k')::bigint = id - 9007199254740993) as more, count("odd ""name")::int as odd from jobs.item`)
      t.same(found, [
        { rows: 25, least: '9007199254740994', n: 7, days: 25, names: true, tags: true, more: true, odd: 0 }
      ])
    }
  )

t.test('upsert: of one key the last item stands, within a chunk and over chunks', async t => {
  await db.raw('truncate jobs.item')
  const items = rowsOf(`select g % 4 as id, 'name ' || g as name from generate_series(1, 23) g`)
  await completes(t, [
    { reader: items, writer: ['sqlWriter', { table: 'jobs.item', mode: 'upsert', key: 'id' }] }
  ])
  t.same(await sql('select id::int, name from jobs.item order by id'), [
    { id: 0, name: 'name 20' },
    { id: 1, name: 'name 21' },
    { id: 2, name: 'name 22' },
    { id: 3, name: 'name 23' }
  ])
})

t.test(
  'a statement of one’s own gets each item’s values, and what looks like one in a text is text',
  async t => {
    await db.raw('truncate jobs.item')
    const statement = `insert into jobs.item (id, name, day) values (:id::bigint, ':id' || :name, /* :no */ '2026-01-01'::date)`
    const items = rowsOf(`select g as id, $$'); commit --$$ as name from generate_series(1, 3) g`)
    await completes(t, [{ reader: items, writer: ['sqlWriter', { sql: statement }] }])
    t.same(await sql('select count(*)::int as n, min(name) as name from jobs.item'), [
      { n: 3, name: ":id'); commit --" }
    ])
  }
)

t.test('a wrong table, column, value or query is told', async t => {
  const one = rowsOf('select 1 as id')
  const cases: [ChunkStep, RegExp][] = [
    [{ reader: one, writer: ['sqlWriter', { table: 'jobs.none' }] }, /There is no table jobs\.none/],
    [
      { reader: one, writer: ['sqlWriter', { table: 'jobs.item', columns: 'id,z' }] },
      /has no column z; it has id, name/
    ],
    [
      { reader: one, writer: ['sqlWriter', { table: 'jobs.item', mode: 'upsert' }] },
      /key belongs to mode upsert/
    ],
    [
      {
        reader: rowsOf(`select 1 as id, repeat('x', 21) as name`),
        writer: ['sqlWriter', { table: 'jobs.item' }]
      },
      /too long for type character varying\(20\)/
    ],
    [
      { reader: rowsOf('select nothing'), writer: ['sqlWriter', { table: 'jobs.item' }] },
      /column "nothing" does not exist/
    ],
    [
      { reader: rowsOf('delete from jobs.item returning id'), writer: ['sqlWriter', { table: 'jobs.item' }] },
      /cannot execute DELETE in a read-only transaction/
    ],
    [
      {
        reader: ['sqlReader', { sql: 'select g / 5 as k from generate_series(1, 20) g', key: 'k' }],
        writer: ['jsonLinesWriter', { file: path.join(files, 'never.jsonl') }],
        skip: 'java.lang.Exception'
      },
      /More than one row has the k 0: the columns of the property key must be unique/
    ]
  ]
  for (const [step, reason] of cases) await failsWith(t, [step], reason)
})

t.test('inline JSL reaches only the folders and connections that are listed', async t => {
  const writer = ['sqlWriter', { table: 'jobs.item' }] as const
  const cases: [ChunkStep, RegExp][] = [
    [{ reader: ['csvReader', { file: '/etc/passwd' }], writer }, /may not use the file \/etc\/passwd/],
    [
      { reader: ['sqlReader', { sql: 'select 1', connection: 'sales' }], writer },
      /may not use the connection sales/
    ],
    [
      { reader: rowsOf('select 1 as a'), writer: ['csvWriter', { file: path.join(files, '../x.csv') }] },
      /may not use the file/
    ]
  ]
  for (const [step, reason] of cases) await failsWith(t, [step], reason)
})

t.test('a reader goes on behind its key, whether the row that had it is still there or not', async t => {
  const connections = { repository: app.database.url }
  const reader = (properties: Record<string, string>) =>
    builtIn<ItemReader>('sqlReader', {
      properties: { fetchSize: '7', ...properties },
      settings: { connections }
    })
  await db.raw('truncate jobs.item')
  await db.raw(
    `insert into jobs.item (id, name, day) select g, 'n' || g % 3, '2026-01-01' from generate_series(1, 50) g`
  )
  const byKey = {
    sql: 'select name, id from jobs.item where day = $1;',
    parameters: '["2026-01-01"]',
    key: 'name,id'
  }
  const whole = reader(byKey)
  await whole.open!(null)
  const rows = await allOf(whole)
  t.equal(rows.length, 50)
  const part = reader(byKey)
  await part.open!(null)
  t.same(await allOf(part, 20), rows.slice(0, 20))
  const checkpoint = structuredClone(await part.checkpointInfo!())
  await part.open!(checkpoint)
  t.same(await allOf(part), rows.slice(20))
  t.equal(await part.readItem(), null)
  await db.raw('delete from jobs.item where id = ?', [(rows[19] as { id: number }).id])
  await part.open!(checkpoint)
  t.same(await allOf(part), rows.slice(20))
  const byCount = reader({ sql: 'select id from jobs.item order by id' })
  await byCount.open!({ rows: 20, key: null })
  t.equal((await allOf(byCount)).length, 29)
  await t.rejects(byCount.open!({ rows: 60, key: null }) as Promise<void>, /60 rows were read before/)
  for (const one of [whole, part, byCount]) await one.close!()
})

t.test('a reader whose connection goes says so, and is never taken to be at its end', async t => {
  const connections = { repository: app.database.url }
  const properties = { sql: 'select g from generate_series(1, 100) g', fetchSize: '10' }
  const reader = builtIn<ItemReader>('sqlReader', { properties, settings: { connections } })
  await reader.open!(null)
  t.equal((await allOf(reader, 10)).length, 10)
  await db.raw(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'batchyard step step1'`
  )
  await t.rejects(reader.readItem() as Promise<unknown>, /The rows of the query cannot be read/)
  await t.rejects(reader.readItem() as Promise<unknown>, { name: 'ReaderEndedError' })
  await reader.open!(await reader.checkpointInfo!())
  t.equal((await allOf(reader)).length, 90)
  await reader.close!()
})

t.test('keyRangeMapper: partitions read each key once', async t => {
  await db.raw('truncate jobs.item')
  await db.raw(`insert into jobs.item (id, name) select g * 3, 'x' from generate_series(1, 100) g`)
  const exporting = (range: Record<string, string>, file: string): ChunkStep => ({
    reader: [
      'sqlReader',
      {
        sql: 'select id from jobs.item where id between $1 and $2 -- a comment',
        parameters: `#{partitionPlan['from']},#{partitionPlan['to']}`,
        key: 'id'
      }
    ],
    writer: ['jsonLinesWriter', { file: path.join(files, `${file}-#{partitionPlan['partition']}.jsonl`) }],
    mapper: range
  })
  await completes(t, [exporting({ sql: 'select min(id), max(id) from jobs.item', partitions: '3' }, 'all')])
  const texts = await Promise.all(
    [0, 1, 2].map(partition => readFile(path.join(files, `all-${partition}.jsonl`), 'utf8'))
  )
  const ids = texts.flatMap(text =>
    text
      .trim()
      .split('\n')
      .map(line => JSON.parse(line).id as number)
  )
  t.same(
    ids,
    Array.from({ length: 100 }, (_, n) => (n + 1) * 3)
  )
  await completes(t, [exporting({ sql: 'select min(id), max(id) from jobs.item where false' }, 'none')])
  t.equal(await readFile(path.join(files, 'none-0.jsonl'), 'utf8'), '')
})
