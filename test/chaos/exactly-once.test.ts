// `kill -9` of a server at moments drawn by a seed, in the middle of chunks and at their COMMIT: each row is there once, as
// PostgreSQL counts them and not the job's own counters (ENGINE E9, E12).
import path from 'node:path'
import t, { type Test } from 'tap'
import { batchClient, type BatchClient, type Json } from '../support/batch-client.ts'
import { LONG, seeded, type Seeded } from '../support/chaos.ts'
import { ledgerOf, makeLedger } from '../support/ledger.ts'
import { type ServerPlace, serverPlace, type ServerProcess, startServer } from '../support/server-process.ts'
import {
  isChunkCommit,
  isChunkGuard,
  type Request,
  tcpProxy,
  type TcpProxy,
  type Verdict
} from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

/** Kills under each policy. */
const KILLS = LONG ? 24 : 4
/** Numbers each chunk stream writes; so many that no kill comes too late. */
const ITEMS = 1000
const JOBS = { numbers: ITEMS, partitions: 3 * ITEMS } as const
/** E12: more than that, and `resume` gives up; the fresh instances of each cycle bear this many. */
const CRASHES = 3

/** Where a server is killed: as this request comes by, which is forwarded or not. */
const MOMENTS = [
  ['write', 'pass'],
  ['guard', 'pass'],
  ['guard', 'cutBefore'],
  ['commit', 'pass'],
  ['commit', 'cutBefore'],
  ['commit', 'pass'],
  ['commit', 'cutBefore']
] as const satisfies readonly (readonly [keyof typeof MATCHES, Verdict])[]

const MATCHES = {
  write: ({ text }: Request) => text.includes('insert into ledger.entry'),
  guard: ({ text }: Request) => isChunkGuard(text),
  commit: isChunkCommit
} as const

const figures = { kills: 0, commits: 0, interruptedChunks: 0 }

t.setTimeout(LONG ? 1_800_000 : 300_000)
const random = seeded()
t.comment(`seed ${random.seed}: CHAOS_SEED=${random.seed} makes the same choices again`)

type Moment = (typeof MOMENTS)[number]

let moments: readonly Moment[] = []

/** Each comes once before any comes again, in an order that the seed chooses. */
function nextMoment(random: Seeded): Moment {
  if (moments.length === 0) moments = MOMENTS
  const moment = random.pick(moments)
  const at = moments.indexOf(moment)
  moments = moments.filter((_, index) => index !== at)
  return moment
}

/** Kills the server at a moment that the seed chooses; resolves when it is gone, `false` when all jobs ended before. */
async function killSometime(
  proxy: TcpProxy,
  server: ServerProcess,
  random: Seeded,
  allEnded: () => Promise<boolean>
): Promise<boolean> {
  const [where, verdict] = nextMoment(random)
  let toPass = random.between(3, 50)
  let gone = false
  proxy.rule = request => {
    // What a killed process had sent is still on its way: it may pass, as on any network.
    if (gone || !MATCHES[where](request) || toPass-- > 0) return 'pass'
    gone = true
    server.kill('SIGKILL')
    figures.kills++
    if (where === 'commit') figures.commits++
    // The COMMIT under way is of an open chunk too.
    figures.interruptedChunks += proxy.chunksOpen()
    return verdict
  }
  await until(
    `${where} number ${toPass} comes by, or all jobs end:\n${server.log()}`,
    () => gone || allEnded()
  )
  if (gone) await server.ended
  proxy.rule = () => 'pass'
  return gone
}

async function statesOf(place: ServerPlace): Promise<{ instance_id: number; instance_state: string }[]> {
  const { rows } = (await place.database.db.raw(
    'select instance_id, instance_state from batchyard.job_instance order by instance_id'
  )) as { rows: { instance_id: number; instance_state: string }[] }
  return rows
}

const isFinal = (state: string) => ['COMPLETED', 'FAILED', 'STOPPED'].includes(state)

async function kills(t: Test, policy: 'fail' | 'resume'): Promise<void> {
  const place = await serverPlace(t)
  await makeLedger(place.database.db)
  const proxy = await tcpProxy(t, place.database.url)
  const start = () =>
    startServer(t, place, {
      BATCH_DATABASE_URL: proxy.url,
      BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
      BATCH_RECOVERY: policy
    })
  const allEnded = async () => (await statesOf(place)).every(({ instance_state }) => isFinal(instance_state))
  const submitted = new Map<number, number>()
  let server = await start()
  let killed = 0
  for (let round = 0; killed < KILLS; round++) {
    if (round > 3 * KILLS) throw new Error(`only ${killed} kills in ${round} rounds`)
    const client = batchClient(server)
    if (round % CRASHES === 0) {
      for (const instanceId of submitted.keys()) if (policy === 'resume') await client.ended(instanceId)
      for (const [job, rows] of Object.entries(JOBS))
        submitted.set(await client.submit('ledger', job, { items: String(ITEMS) }), rows)
    }
    if (!(await killSometime(proxy, server, random, allEnded))) continue
    killed++
    server = await start()
    if (policy === 'fail') await restartFailed(t, place, batchClient(server))
  }
  const client: BatchClient = batchClient(server)
  for (const [instanceId, rows] of submitted) {
    const execution = (await client.ended(instanceId)) as Json
    t.equal(execution.batchStatus, 'COMPLETED', `instance ${instanceId}`)
    t.match(await ledgerOf(place.database.db, instanceId), { rows, distinct: rows, highest: ITEMS })
  }
  await asThePolicySays(t, place, policy)
  await nothingIsLeft(t, place)
  t.same(await server.stop(), { code: 0, signal: null }, server.log())
}

/** By hand over HTTP, as an operator would. */
async function restartFailed(t: Test, place: ServerPlace, client: BatchClient): Promise<void> {
  for (const { instance_id: instanceId, instance_state: state } of await statesOf(place)) {
    if (state !== 'FAILED') continue
    const answer = await client.call('PUT', `/jobinstances/${instanceId}?action=restart`, {
      jobParameters: { items: String(ITEMS) }
    })
    t.equal(answer.status, 200, `instance ${instanceId} is restarted`)
  }
}

/** E12: under `fail` each crash is the end of its execution, under `resume` the same execution goes on. */
async function asThePolicySays(t: Test, place: ServerPlace, policy: 'fail' | 'resume'): Promise<void> {
  const { rows } = (await place.database.db.raw(
    `select batch_status, reason, execution_number from batchyard.job_execution where crashes > 0`
  )) as { rows: { batch_status: string; reason: string | null; execution_number: number }[] }
  t.ok(rows.length > 0, `${rows.length} executions were interrupted`)
  const wrong = rows.filter(({ batch_status: status, reason, execution_number: number }) =>
    policy === 'fail'
      ? status !== 'FAILED' || !/^server \S+ ended without finishing it$/.test(reason ?? '')
      : status !== 'COMPLETED' || number !== 0
  )
  t.same(wrong, [])
}

async function nothingIsLeft(t: Test, place: ServerPlace): Promise<void> {
  const { rows: units } = (await place.database.db.raw('select * from batchyard.unit')) as { rows: object[] }
  t.same(units, [])
  const { rows } = (await place.database.db.raw('select count(*)::int as n from batchyard.incarnation')) as {
    rows: object[]
  }
  t.same(rows, [{ n: 1 }], 'only the server that lives is known')
}

for (const policy of ['fail', 'resume'] as const)
  t.test(`E9 E12 ${policy}: whatever a server is killed in, each row is there once`, t => kills(t, policy))

t.test('the kills hit what they were meant to hit', async t => {
  t.comment(
    `${figures.kills} kills, ${figures.commits} at a COMMIT, ${figures.interruptedChunks} chunks interrupted`
  )
  if (!LONG) t.comment('CHAOS=long kills 48 times')
  t.equal(figures.kills, 2 * KILLS)
  t.ok(figures.interruptedChunks >= KILLS, `${figures.interruptedChunks} chunks were interrupted`)
  t.ok(figures.commits >= 2, `${figures.commits} kills hit a COMMIT`)
})
