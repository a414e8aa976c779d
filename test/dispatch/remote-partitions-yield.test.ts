// E12 a step whose partitions run on two servers gives way on both, to a pause and to work of a higher priority, and goes on
// as the same execution: nothing twice, and what was collected is analyzed in order and once.
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { pauseExecution, unpauseExecution } from '../../src/store/pauses.ts'
import { rows } from '../../src/store/database.ts'
import { ledgerOf } from '../support/ledger.ts'
import {
  BATCHLETS,
  CHUNKS,
  PARTITIONS,
  piecesOf,
  spreadProcesses,
  traceOf
} from '../support/spread-processes.ts'
import { until } from '../support/until.ts'

const both = await spreadProcesses(t, ['first', 'second'])
const { client, file } = both
const { db } = both.place.database
/** A chunk of ten takes 200 ms and a commit. */
const ITEMS = 300
const PREEMPTIBLE = `<properties><property name="batchyard.preemptible" value="true"/></properties>`
const numbers = Array.from({ length: PARTITIONS }, (_, n) => n)

interface Spread {
  readonly instanceId: number
  readonly executionId: number
  readonly trace: string
}

/** All of its partitions are at work, on both servers, and each has written. */
async function spread(name: string, properties = ''): Promise<Spread> {
  const trace = file(`${name}-trace`)
  const parameters = {
    trace,
    meet: file(`${name}-meet`),
    partners: `${PARTITIONS}`,
    items: `${ITEMS}`,
    millis: '20'
  }
  const instanceId = await both.submit(CHUNKS, parameters, properties)
  await until('each partition has written', async () => {
    const [row] = await rows<{ written: number }>(
      db,
      'select count(distinct partition_number)::int as written from ledger.entry where instance_id = :instanceId',
      { instanceId }
    )
    return row!.written === PARTITIONS
  })
  t.equal(new Set((await both.partitions(instanceId)).map(({ serverId }) => serverId)).size, 2)
  const { executionId } = await client.when(instanceId, 'STARTED')
  return { instanceId, executionId, trace }
}

const unitsOf = (executionId: number) =>
  rows<{ kind: string; status: string; waits_for: string | null }>(
    db,
    'select kind, status, waits_for from batchyard.unit where execution_id = :executionId',
    { executionId }
  )

async function completedOnce({ instanceId, executionId, trace }: Spread): Promise<void> {
  t.match(await client.ended(instanceId), { executionId, batchStatus: 'COMPLETED' })
  t.match(await ledgerOf(db, instanceId), { rows: ITEMS * PARTITIONS, distinct: ITEMS * PARTITIONS })
  const inOrder = [...Array.from({ length: ITEMS / 10 }, (_, at) => (at + 1) * 10), ITEMS]
  const told = traceOf(trace)
  for (const n of numbers) t.same(piecesOf(told, n), inOrder, `partition ${n}`)
  t.equal(told.filter(({ batchStatus }) => batchStatus === 'COMPLETED').length, PARTITIONS)
  t.same(await rows(db, 'select from batchyard.collected_data'), [])
}

t.test('it pauses on both, and goes on', async () => {
  const job = await spread('paused')
  const { instanceId, executionId } = job
  for (let round = 0; round < 2; round++) {
    const begun = await ledgerOf(db, instanceId)
    await until('it writes', async () => (await ledgerOf(db, instanceId)).rows > begun.rows)
    t.match(await pauseExecution(db, executionId, 'tester'), { kind: 'pausing' })
    await until('nothing of it has a unit but the job, which waits', async () => {
      const [unit, ...more] = await unitsOf(executionId)
      return more.length === 0 && unit?.waits_for === 'pause'
    })
    const before = await ledgerOf(db, instanceId)
    t.ok(before.rows < ITEMS * PARTITIONS)
    t.match(await client.get(`/jobinstances/${instanceId}`), {
      instanceState: 'DISPATCHED',
      batchStatus: 'STARTING'
    })
    t.match(await unpauseExecution(db, executionId, 'tester'), { kind: 'unpaused' })
    t.ok(before.rows % 10 === 0, 'whole chunks')
  }
  await completedOnce(job)
})

t.test('it gives its threads on both to what has a higher priority', async () => {
  const job = await spread('lower', PREEMPTIBLE)
  const { instanceId, executionId } = job
  for (const round of [1, 2]) {
    const go = file(`higher-go-${round}`)
    // Its partitions meet: they are at work at one time, on all the threads that there are.
    const higher = await both.submit(BATCHLETS, {
      trace: file(`higher-trace-${round}`),
      meet: file(`higher-meet-${round}`),
      partners: `${PARTITIONS}`,
      go,
      com_ibm_ws_batch_message_priority: '9'
    })
    await until('all partitions of the higher one are at work', async () => {
      const partitions = await both.partitions(higher)
      return (
        partitions.length === PARTITIONS && partitions.every(({ batchStatus }) => batchStatus === 'STARTED')
      )
    })
    // Its step may have begun again on a thread that was free for a moment, and wait for its partitions.
    await until('none of the lower one is at work', async () =>
      (await unitsOf(executionId)).every(
        ({ kind, status }) => kind === 'execution' || ['READY', 'CLAIMED'].includes(status)
      )
    )
    const before = await ledgerOf(db, instanceId)
    t.ok(before.rows < ITEMS * PARTITIONS)
    t.match(await client.get(`/jobinstances/${instanceId}`), { instanceState: 'DISPATCHED' })
    writeFileSync(go, '')
    t.match(await client.ended(higher), { batchStatus: 'COMPLETED' })
    t.equal(new Set((await both.partitions(higher)).map(({ serverId }) => serverId)).size, 2)
    await until('the lower one writes again', async () => (await ledgerOf(db, instanceId)).rows > before.rows)
  }
  await completedOnce(job)
})
