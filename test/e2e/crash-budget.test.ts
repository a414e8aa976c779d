// A job that kills its servers: under `resume` it does so only as often as the budget allows, and then its end says where.
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import { batchClient, type Json } from '../support/batch-client.ts'
import { type ServerPlace, serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

t.setTimeout(600_000)

const LEDGER = `create schema ledger;
  create table ledger.entry (instance_id bigint, step text, partition_number integer, n integer, unit_id bigint,
    epoch integer, session text)`

async function start(t: Test, place: ServerPlace, settings: Record<string, string> = {}) {
  return await startServer(t, place, {
    BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
    BATCH_THREADS: '1',
    ...settings
  })
}

/** Starts a server again each time the job has killed it, until one lives; how many died. */
async function untilOneLives(
  t: Test,
  place: ServerPlace,
  settings: Record<string, string>,
  submit: (server: { readonly url: string }) => Promise<void>
) {
  let server = await start(t, place, settings)
  await submit(server)
  for (let deaths = 0; ;) {
    const gone = { ended: false }
    const process = server
    void process.ended.then(() => (gone.ended = true))
    await until('the job has ended, or the server has', async () => gone.ended || (await isOver(place)))
    if (!gone.ended) return { server, deaths }
    deaths++
    server = await start(t, place, settings)
  }
}

async function isOver({ database }: ServerPlace): Promise<boolean> {
  const { rows } = (await database.db.raw('select from batchyard.unit')) as { rows: object[] }
  return rows.length === 0
}

async function execution(server: { readonly url: string }, instanceId: number): Promise<Json> {
  const [newest] = (await batchClient(server).get(`/jobinstances/${instanceId}/jobexecutions`)) as Json[]
  const answer = await fetch(`${server.url}/api/v1/executions/${newest.executionId}`)
  return (await answer.json()) as Json
}

async function jobLogOf(place: ServerPlace): Promise<string> {
  const root = path.join(place.directory, 'joblogs')
  const files = (await readdir(root, { recursive: true })).filter(name => name.endsWith('.log')).toSorted()
  return (await Promise.all(files.map(file => readFile(path.join(root, file), 'utf8')))).join('')
}

t.test('E12 resume: a chunk that kills its server is FAILED when the budget is spent, and named', async t => {
  const place = await serverPlace(t)
  await place.database.db.raw(LEDGER)
  let instanceId = 0
  const { server, deaths } = await untilOneLives(
    t,
    place,
    { BATCH_RECOVERY: 'resume', BATCH_CRASH_BUDGET: '2' },
    async first => {
      // The answer may be lost with the server.
      instanceId = await batchClient(first).submit('storm', 'deadly', { at: '35' })
    }
  )
  t.equal(deaths, 3, 'two crashes were forgiven')
  const ended = await execution(server, instanceId)
  const window = 'in step load at chunk 4, after checkpoint 30'
  t.match(ended, { batchStatus: 'FAILED', exitStatus: 'FAILED' })
  t.match(ended.reason, `its server died 3 times under it ${window} (3 times); last: server `)
  t.match(ended.interruptions, [
    {
      reason: /ended without finishing it$/,
      places: [{ stepName: 'load', partitionNumber: null, afterChunk: 3 }]
    },
    { places: [{ checkpoint: '30' }] },
    { places: [{ checkpoint: '30' }] }
  ])
  const { rows } = (await place.database.db.raw(
    'select count(*)::int as rows, max(n) as last from ledger.entry'
  )) as { rows: object[] }
  t.same(rows, [{ rows: 30, last: 30 }], 'what was committed before stands, once')
  const log = await jobLogOf(place)
  t.match(
    log,
    /goes on from its last checkpoint\. 1 of 2 interruptions that it may have: at [^\n]*at chunk 4/
  )
  t.match(log, /goes on from its last checkpoint\. 2 of 2 interruptions/)
  t.match(log, new RegExp(`ended from outside, as FAILED: its server died 3 times under it ${window}`))
  t.equal((await server.stop()).code, 0)
})

for (const [server, job, deaths] of [
  ['fail', 'resume', 4],
  ['resume', 'fail', 1]
] as const)
  t.test(`E12 a job that says ${job} is recovered so by servers that say ${server}`, async t => {
    const place = await serverPlace(t)
    await place.database.db.raw(LEDGER)
    let instanceId = 0
    const survivor = await untilOneLives(t, place, { BATCH_RECOVERY: server }, async first => {
      instanceId = await batchClient(first).submit('storm', 'deadly', { at: '5', recovery: job })
    })
    t.equal(survivor.deaths, deaths)
    const ended = await execution(survivor.server, instanceId)
    t.match(ended, { batchStatus: 'FAILED' })
    t.match(
      ended.reason,
      job === 'fail'
        ? /ended without finishing it$/
        : /died 4 times under it in step load before its first checkpoint \(4 times\)/
    )
    t.equal(ended.interruptions.length, deaths)
    t.match(await jobLogOf(place), /ended from outside, as FAILED: /)
  })
