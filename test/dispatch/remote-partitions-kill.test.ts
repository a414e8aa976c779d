// E7, E8, E12 `kill -9` and SIGTERM of one of the servers that a step's partitions run on: of a partition's, and of the step's.
import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { batchClient, type Json } from '../support/batch-client.ts'
import { ledgerOf } from '../support/ledger.ts'
import type { ServerProcess } from '../support/server-process.ts'
import {
  BATCHLETS,
  CHUNKS,
  PARTITIONS,
  piecesOf,
  traceOf,
  type TwoProcesses,
  twoProcesses
} from '../support/two-processes.ts'
import { until } from '../support/until.ts'

t.setTimeout(900_000)

const ITEMS = 150
const numbers = Array.from({ length: PARTITIONS }, (_, n) => n)
const inOrder = [...Array.from({ length: ITEMS / 10 }, (_, at) => 10 * (at + 1)), ITEMS]

interface Spread {
  readonly both: TwoProcesses
  readonly instanceId: number
  readonly trace: string
  /** The server of the step, and the other one. */
  readonly parent: ServerProcess
  readonly other: ServerProcess
  /** Numbers of the partitions there. */
  readonly there: readonly number[]
  goOn(): void
}

/** A job whose partitions are at work on both servers, each in the middle of its fifth chunk, until `goOn`. */
async function spread(t: Test, policy: 'fail' | 'resume'): Promise<Spread> {
  const both = await twoProcesses(t, { BATCH_RECOVERY: policy })
  const trace = both.file('trace')
  const go = both.file('go')
  const meeting = { meet: both.file('meet'), partners: `${PARTITIONS}` }
  const instanceId = await both.submit(CHUNKS, { trace, go, ...meeting, items: `${ITEMS}`, millis: '3' })
  await until('every partition has given four pieces', () =>
    numbers.every(n => piecesOf(traceOf(trace), n).length === 4)
  )
  const [{ serverId }] = (await both.client.get(`/jobinstances/${instanceId}/jobexecutions`)) as [Json]
  const parent = both.called(serverId as string)
  const other = both.other(parent)
  const there = (await both.partitions(instanceId))
    .filter(each => both.called(each.serverId as string) === other)
    .map(each => each.partitionNumber as number)
  if (there.length === 0 || there.length === PARTITIONS) throw new Error('they did not spread')
  return { both, instanceId, trace, parent, other, there, goOn: () => writeFileSync(go, '') }
}

async function executionRow({ both, instanceId }: Spread): Promise<Json> {
  const { rows } = (await both.place.database.db.raw(
    `select e.execution_number, e.batch_status, e.reason, e.crashes,
      (select count(*)::int from batchyard.collected_data) as collected,
      (select array_agg(p.message order by p.partition_number) from batchyard.partition p
        where p.execution_id = e.execution_id) as messages
    from batchyard.job_execution e where e.instance_id = ? order by e.execution_id desc limit 1`,
    [instanceId]
  )) as { rows: Json[] }
  return rows[0]
}

/** SIGTERM in the middle of chunks, which then go on to their next checkpoint. */
async function toldToEnd(at: Spread, server: ServerProcess): Promise<void> {
  server.kill('SIGTERM')
  await until('it drains', async () => {
    const answer = await fetch(`${server.url}/readyz`).catch(() => null)
    return answer?.status !== 200
  })
  at.goOn()
  const end = await server.stop()
  if (end.code !== 0) throw new Error(server.log())
}

async function completedOnce(t: Test, at: Spread, server: ServerProcess): Promise<void> {
  t.match(await batchClient(server).ended(at.instanceId), { batchStatus: 'COMPLETED' }, server.log())
  t.match(await ledgerOf(at.both.place.database.db, at.instanceId), {
    rows: PARTITIONS * ITEMS,
    distinct: PARTITIONS * ITEMS,
    highest: ITEMS
  })
}

t.test(
  'E8 fail: when the server of partitions dies they are FAILED, and the step when the others have ended',
  async t => {
    const at = await spread(t, 'fail')
    at.other.kill('SIGKILL')
    const client = batchClient(at.parent)
    await until('they are FAILED', async () => {
      const { messages } = await executionRow(at)
      return at.there.every(n => messages[n] !== null)
    })
    t.match(await client.when(at.instanceId, 'STARTED'), {}, 'the others are waited for')
    at.goOn()
    t.match(await client.ended(at.instanceId), { batchStatus: 'FAILED' })
    const row = await executionRow(at)
    t.match(row, { crashes: 1, collected: 0, reason: /^server .* died/ })
    for (const n of numbers) {
      if (at.there.includes(n)) t.match(row.messages[n], /^server .* died/)
      else t.equal(row.messages[n], null)
      const pieces = piecesOf(traceOf(at.trace), n)
      t.same(pieces, inOrder.slice(0, pieces.length), 'what was given came in order, once')
    }
    t.same(traceOf(at.trace).slice(-2), [{ reducer: 'rollback' }, { reducer: 'after ROLLBACK' }])
    const [{ executionId }] = (await client.get(`/jobinstances/${at.instanceId}/jobexecutions`)) as [Json]
    const jobParameters = { trace: at.trace, items: `${ITEMS}` }
    t.equal(
      (await client.call('PUT', `/jobexecutions/${executionId}?action=restart`, { jobParameters })).status,
      200
    )
    await completedOnce(t, at, at.parent)
  }
)

t.test(
  'E12 resume: when the server of partitions dies they go on elsewhere, and nothing is analyzed twice',
  async t => {
    const at = await spread(t, 'resume')
    at.other.kill('SIGKILL')
    await at.other.ended
    at.goOn()
    await completedOnce(t, at, at.parent)
    t.match(await executionRow(at), { execution_number: 0, crashes: 1, collected: 0 })
    const trace = traceOf(at.trace)
    for (const n of numbers) t.same(piecesOf(trace, n), inOrder, `partition ${n}`)
    t.equal(trace.filter(({ batchStatus }) => batchStatus === 'COMPLETED').length, PARTITIONS)
    t.equal(trace.filter(({ reducer }) => reducer === 'begin').length, 1, 'the step was not entered again')
  }
)

t.test(
  'E8 fail: when the server of the step dies all of it is FAILED, and partitions elsewhere end',
  async t => {
    const at = await spread(t, 'fail')
    at.parent.kill('SIGKILL')
    const client = batchClient(at.other)
    t.match(await client.ended(at.instanceId), { batchStatus: 'FAILED' })
    t.match(await executionRow(at), { reason: /^server .* died/, crashes: 1, collected: 0 })
    await at.other.says(/a unit belongs to somebody else now/)
    at.goOn()
    const [{ executionId }] = (await client.get(`/jobinstances/${at.instanceId}/jobexecutions`)) as [Json]
    const jobParameters = { trace: at.trace, items: `${ITEMS}` }
    t.equal(
      (await client.call('PUT', `/jobexecutions/${executionId}?action=restart`, { jobParameters })).status,
      200
    )
    await completedOnce(t, at, at.other)
  }
)

t.test('E12 resume: when the server of the step dies it is entered again elsewhere', async t => {
  const at = await spread(t, 'resume')
  at.parent.kill('SIGKILL')
  await at.other.says(/recovered a job execution of a server that died/)
  at.goOn()
  await completedOnce(t, at, at.other)
  t.match(await executionRow(at), { execution_number: 0, crashes: 1, collected: 0 })
  const trace = traceOf(at.trace)
  t.equal(trace.filter(({ reducer }) => reducer === 'begin').length, 2)
  t.same(trace.at(-1), { reducer: 'after COMMIT' })
  for (const n of numbers) {
    const pieces = piecesOf(trace, n).slice(0, -1)
    t.same(
      pieces,
      pieces.toSorted((a, b) => a - b),
      'still in order'
    )
  }
})

t.test(
  'E12 resume: a server that is told to end hands its partitions on, and the step waits for them',
  async t => {
    const at = await spread(t, 'resume')
    await toldToEnd(at, at.other)
    await completedOnce(t, at, at.parent)
    t.match(await executionRow(at), { execution_number: 0, crashes: 0, collected: 0 })
    const trace = traceOf(at.trace)
    for (const n of numbers) t.same(piecesOf(trace, n), inOrder, `partition ${n}`)
  }
)

t.test(
  'E12 resume: the server of the step is told to end: partitions elsewhere give way with it',
  async t => {
    const at = await spread(t, 'resume')
    await toldToEnd(at, at.parent)
    await completedOnce(t, at, at.other)
    t.match(await executionRow(at), { execution_number: 0, crashes: 0, collected: 0 })
    const trace = traceOf(at.trace)
    for (const n of numbers) {
      const pieces = piecesOf(trace, n)
      t.same(pieces, inOrder, `partition ${n}: all that stood when it gave way was analyzed`)
    }
  }
)

t.test('E8 a batchlet whose step was ended from outside ends on the other server at once', async t => {
  const both = await twoProcesses(t)
  const parameters = {
    trace: both.file('trace'),
    meet: both.file('meet'),
    partners: '4',
    go: both.file('never')
  }
  const instanceId = await both.submit(BATCHLETS, parameters)
  const { executionId } = await both.client.when(instanceId, 'STARTED')
  await until('all are at work', async () => {
    const partitions = await both.partitions(instanceId)
    return partitions.filter(each => each.batchStatus === 'STARTED').length === PARTITIONS
  })
  const answer = await fetch(`${both.servers[1]!.url}/api/v1/executions/${executionId}/force-end`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ batchStatus: 'FAILED', reason: 'for the test' })
  })
  t.ok(answer.ok, await answer.text())
  for (const server of both.servers) await server.says(/a job execution was ended from outside/)
})
