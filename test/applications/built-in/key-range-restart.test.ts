// A table that grows between an execution and its restart: the ranges of keyRangeMapper stay as they were.
import t from 'tap'
import { batchClient, type Json } from '../../support/batch-client.ts'
import { buildApp } from '../../support/build-app.ts'
import { folderWith } from '../support.ts'
import { submitInline } from './inline-job.ts'

t.test('a restarted partition goes on in the range it began with, although the table has grown', async t => {
  const apps = await folderWith(t, { 'app/artifacts.ts': 'export const nothing = () => {}' })
  const app = await buildApp(t, { BATCH_APPS_DIR: apps, BATCH_INLINE_CONNECTIONS: 'repository' })
  const client = batchClient({ url: app.address() })
  const { db } = app.database
  await db.raw('create schema ranges')
  await db.raw('create table ranges.source as select id::bigint from generate_series(1, 100) id')
  await db.raw('create table ranges.target (id bigint constraint unlucky check (id <> 13))')
  const instanceId = await submitInline(client, 'app', [
    {
      reader: [
        'sqlReader',
        {
          sql: 'select id from ranges.source where id between $1 and $2',
          parameters: "#{partitionPlan['from']},#{partitionPlan['to']}",
          key: 'id'
        }
      ],
      writer: ['sqlWriter', { table: 'ranges.target' }],
      mapper: { sql: 'select min(id), max(id) from ranges.source', partitions: '2' }
    }
  ])
  const first = await client.ended(instanceId)
  t.equal(first.batchStatus, 'FAILED')
  await db.raw('alter table ranges.target drop constraint unlucky')
  await db.raw('insert into ranges.source select id from generate_series(101, 1000) id')
  await client.call('PUT', `/jobexecutions/${first.executionId}?action=restart`)
  t.equal((await client.ended(instanceId)).batchStatus, 'COMPLETED')
  const { rows } = (await db.raw('select id::int from ranges.target order by id')) as { rows: Json[] }
  t.same(
    rows.map(({ id }) => id),
    Array.from({ length: 100 }, (_, n) => n + 1)
  )
})
