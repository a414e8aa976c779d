// The sample job of built-in artifacts only, and files through a whole server where chunks are rolled back.
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { batchClient } from '../support/batch-client.ts'
import { buildApp } from '../support/build-app.ts'
import { submitInline } from './built-in/inline-job.ts'
import { folderWith } from './support.ts'

const files = await folderWith(t, {})
const app = await buildApp(t, { BATCH_INLINE_FOLDERS: files })
const client = batchClient({ url: app.address() })
const linesOf = async (file: string) => (await readFile(path.join(files, file), 'utf8')).trim().split('\n')

t.test(
  'Orders: what is in the CSV file is in the table and in the JSON lines, but for the malformed record',
  async t => {
    for (let run = 0; run < 2; run++) {
      const execution = await client.ended(await client.submit('Orders', 'orders', { out: files }))
      t.equal(execution.batchStatus, 'COMPLETED')
      const { rows } = await app.database.db.raw(
        'select count(*)::int as n, sum(quantity)::int as q from orders.line'
      )
      t.same(rows, [{ n: 9, q: 2412 }])
      const texts = await Promise.all([0, 1, 2].map(partition => linesOf(`orders-${partition}.jsonl`)))
      const orders = texts.flat().map(line => JSON.parse(line) as Record<string, unknown>)
      t.equal(orders.length, 9)
      t.same(orders[2], {
        order: 1003,
        day: '2026-01-06',
        product: 'washer "wide"',
        quantity: 500,
        price: '0.03',
        total: '15.00'
      })
    }
  }
)

t.test('a chunk that is rolled back and done again leaves each line once', async t => {
  const lines = Array.from({ length: 40 }, (_, n) =>
    n % 15 === 14 ? `${n},"bad"x` : `${n},${'v'.repeat(n)}`
  )
  await writeFile(path.join(files, 'in.csv'), ['n,v', ...lines, ''].join('\n'))
  const instanceId = await submitInline(client, 'Orders', [
    {
      reader: ['csvReader', { file: path.join(files, 'in.csv') }],
      writer: ['csvWriter', { file: path.join(files, 'out.csv') }],
      skip: 'CsvRecordError',
      retry: 'CsvRecordError'
    }
  ])
  const execution = await client.ended(instanceId)
  t.equal(execution.batchStatus, 'COMPLETED')
  t.same(await linesOf('out.csv'), ['n,v', ...lines.filter(line => !line.includes('bad'))])
  const [step] = await client.get(`/jobexecutions/${execution.executionId}/stepexecutions`)
  t.match(step.metrics, { READ_SKIP_COUNT: '2', ROLLBACK_COUNT: '2', WRITE_COUNT: '38' })
})
