// `kill -9` of a server while built-in artifacts write files and a table, at moments drawn by a seed: each line is there once.
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { type ChunkStep, submitInline } from '../applications/built-in/inline-job.ts'
import { batchClient } from '../support/batch-client.ts'
import { LONG, seeded } from '../support/chaos.ts'
import { serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

/** Items of each step, so many that no kill comes too late. */
const ITEMS = 4000
const ROUNDS = LONG ? 8 : 1
const POLICIES = ['resume', 'fail'] as const

t.setTimeout(LONG ? 1_200_000 : 240_000)
const random = seeded()
t.comment(`seed ${random.seed}: CHAOS_SEED=${random.seed} makes the same choices again`)

const place = await serverPlace(t)
const { db } = place.database
await db.raw('create schema copied')
await db.raw('create table copied.item (n integer not null, text text not null)')

async function sizeOf(file: string): Promise<number> {
  return await stat(file).then(
    ({ size }) => size,
    () => 0
  )
}

async function copied(): Promise<number> {
  const { rows } = (await db.raw('select count(*)::int as n from copied.item')) as { rows: { n: number }[] }
  return rows[0]!.n
}

const numbers = (text: string) =>
  text
    .trim()
    .split('\n')
    .map(line => Number(/\d+/.exec(line)![0]))
const expected = Array.from({ length: ITEMS }, (_, n) => n + 1)

for (let round = 0; round < ROUNDS; round++)
  for (const policy of LONG ? POLICIES : [random.pick(POLICIES)])
    t.test(
      `${policy}: a server killed in each step of CSV, table and JSON lines leaves each line once`,
      async t => {
        await db.raw('truncate copied.item')
        const [csv, jsonl] = ['csv', 'jsonl'].map(kind =>
          path.join(place.directory, `${policy}-${round}.${kind}`)
        ) as [string, string]
        const key = random.pick([{ key: 'n' }, {}])
        const steps: ChunkStep[] = [
          {
            reader: [
              'sqlReader',
              { sql: `select n, 'text ' || n as text from generate_series(1, ${ITEMS}) n order by n`, ...key }
            ],
            writer: ['csvWriter', { file: csv }]
          },
          {
            reader: ['csvReader', { file: csv }],
            writer: ['sqlWriter', { table: 'copied.item', mode: random.pick(['insert', 'copy']) }]
          },
          { reader: ['csvReader', { file: csv }], writer: ['jsonLinesWriter', { file: jsonl }] }
        ]
        const start = () =>
          startServer(t, place, {
            BATCH_INLINE_FOLDERS: place.directory,
            BATCH_INLINE_CONNECTIONS: 'repository',
            BATCH_RECOVERY: policy
          })
        // At the first byte, before a commit stood, or somewhere later.
        const bytes = () => random.pick([1, random.between(2, 40_000)])
        const rows = random.between(1, ITEMS / 2)
        const moments: [string, () => Promise<boolean>][] = [csv, jsonl].map(file => {
          const least = bytes()
          return [`${least} bytes in ${path.basename(file)}`, async () => (await sizeOf(file)) >= least]
        })
        moments.splice(1, 0, [`${rows} rows`, async () => (await copied()) >= rows])
        let server = await start()
        const instanceId = await submitInline(batchClient(server), 'SimpleBatchJob', steps)
        for (const [what, reached] of moments) {
          await until(`${what}:\n${server.log()}`, reached)
          server.kill('SIGKILL')
          await server.ended
          t.comment(`killed at ${what}`)
          server = await start()
          if (policy === 'resume') continue
          const client = batchClient(server)
          await client.when(instanceId, 'FAILED')
          const answer = await client.call('PUT', `/jobinstances/${instanceId}?action=restart`, {})
          t.equal(answer.status, 200, answer.text)
        }
        const execution = await batchClient(server).ended(instanceId)
        t.equal(execution.batchStatus, 'COMPLETED')
        const [header, ...lines] = (await readFile(csv, 'utf8')).split('\n')
        t.equal(header, 'n,text')
        t.same(numbers(lines.join('\n')), expected)
        t.same(numbers(await readFile(jsonl, 'utf8')), expected)
        const { rows: found } = await db.raw('select n from copied.item order by n')
        t.same(
          (found as { n: number }[]).map(({ n }) => n),
          expected
        )
        t.same(await server.stop(), { code: 0, signal: null })
      }
    )
