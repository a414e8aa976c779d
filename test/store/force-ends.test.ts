// Forced ends and abandons in every state a job can be in, on real PostgreSQL; of two that meet, one wins.
import t from 'tap'
import type { Cap } from '../../src/store/caps.ts'
import { rows } from '../../src/store/database.ts'
import { endUnits } from '../../src/store/ends.ts'
import { abandonExecution, forceEndExecution } from '../../src/store/force-ends.ts'
import { insertRestart, lockForRestart } from '../../src/store/restarts.ts'
import { stopExecution } from '../../src/store/stops.ts'
import { unitColumns } from '../../src/store/unit-inserts.ts'
import { createDatabase } from '../support/database.ts'
import {
  claim,
  claimOf,
  endOf,
  partitionStatuses,
  running,
  server,
  start,
  stateOf,
  statusesOf,
  submitted,
  withPartitions
} from './repository.ts'

const { db } = await createDatabase(t)
const mine = await server(db)

const force = (executionId: number, batchStatus: 'FAILED' | 'STOPPED' = 'FAILED') =>
  forceEndExecution(db, { executionId, batchStatus, reason: 'it hangs', by: 'alice' })
const abandon = (executionId: number, reason: string | null = null) =>
  abandonExecution(db, { executionId, reason, by: 'alice' })
const stop = (executionId: number) => stopExecution(db, { executionId, by: 'bob', reason: 'not begun' })
const audited = (executionId: number) =>
  rows<{ who: string; what: string; reason: string | null; before: unknown; after: unknown }>(
    db,
    'select who, what, reason, before, after from audit where target = :target order by audit_id',
    { target: `execution:${executionId}` }
  )

async function restart(instanceId: number): Promise<boolean> {
  return await db.transaction(async trx => {
    const settings = {
      priority: 4,
      delaySeconds: 0,
      caps: [],
      recovery: null,
      preemptible: false,
      timeLimit: null
    }
    const [columns] = await unitColumns(trx, [settings])
    const latest = await lockForRestart(trx, instanceId)
    if (latest?.batchStatus !== 'FAILED' && latest?.batchStatus !== 'STOPPED') return false
    await insertRestart(trx, {
      latest,
      jobParameters: {},
      instanceState: 'SUBMITTED',
      jobName: 'tested',
      columns: columns!
    })
    return true
  })
}

async function failed(): Promise<{ executionId: number; instanceId: number }> {
  const unit = await running(db, mine)
  await endUnits(db, [endOf(unit, 'FAILED')])
  return unit
}

t.afterEach(async () => {
  await rows(db, 'truncate unit')
})

const waiting = async () => await submitted(db, { delaySeconds: 3600 })
const claimed = async () => {
  const ids = await submitted(db)
  await claim(db, mine)
  return ids
}
const stopping = async () => {
  const unit = await running(db, mine)
  await stop(unit.executionId)
  return unit
}

for (const [state, prepare] of [
  ['waits', waiting],
  ['is READY', () => submitted(db)],
  ['is CLAIMED', claimed],
  ['runs', () => running(db, mine)],
  ['is STOPPING', stopping]
] as const)
  for (const batchStatus of ['FAILED', 'STOPPED'] as const)
    t.test(`E8 a job that ${state} is ended ${batchStatus} by force, with the reason and who`, async t => {
      const { executionId } = await prepare()
      t.same(await force(executionId, batchStatus), { kind: 'ended' })
      t.same(await stateOf(db, executionId), {
        batch: batchStatus,
        exit: batchStatus,
        state: batchStatus,
        instance: batchStatus,
        reason: 'it hangs'
      })
      t.same(await statusesOf(db, executionId), [])
      t.match(await audited(executionId), [
        { who: 'alice', what: 'execution.force-end', reason: 'it hangs', after: { batchStatus } }
      ])
      t.same(
        await rows(db, 'select crashes from job_execution where execution_id = :executionId', {
          executionId
        }),
        [{ crashes: 0 }]
      )
    })

t.test('E8 children and their rows end with it, and nothing old is stored any more', async t => {
  const unit = await running(db, mine)
  const stepExecutionId = await withPartitions(db, unit, mine, 3)
  const [first] = await claim(db, mine, 1)
  await start(db, [first!])
  await force(unit.executionId)
  t.same(await partitionStatuses(db, stepExecutionId), ['FAILED', 'FAILED', 'FAILED'])
  t.match(
    await rows(
      db,
      'select batch_status, message from step_execution where step_execution_id = :stepExecutionId',
      { stepExecutionId }
    ),
    [{ batch_status: 'FAILED', message: 'it hangs' }]
  )
  t.same(await endUnits(db, [endOf(first!)]), [])
  t.same(await endUnits(db, [endOf(unit)]), [])
  t.match(await stateOf(db, unit.executionId), { batch: 'FAILED', state: 'FAILED' })
})

t.test('a forced end finds what has ended, and changes nothing', async t => {
  const { executionId } = await failed()
  t.same(await force(executionId, 'STOPPED'), { kind: 'notRunning', batchStatus: 'FAILED' })
  t.match(await stateOf(db, executionId), { batch: 'FAILED', reason: null })
  t.same(await audited(executionId), [])
})

t.test('E2 an end and a forced end at once: one of them is what stands', async t => {
  for (let round = 0; round < 20; round++) {
    const unit = await running(db, mine)
    const [ended, forced] = await Promise.all([endUnits(db, [endOf(unit)]), force(unit.executionId)])
    const won = forced.kind === 'ended'
    t.equal(ended.length, won ? 0 : 1)
    t.match(await stateOf(db, unit.executionId), { batch: won ? 'FAILED' : 'COMPLETED' })
  }
})

t.test('E13 a forced end frees the places of a job in its caps', async t => {
  const caps: Cap[] = [{ key: 'forced', limit: 1 }]
  const first = await submitted(db, { caps })
  const second = await submitted(db, { caps })
  t.same(await statusesOf(db, second.executionId), ['WAITING'])
  await force(first.executionId)
  t.same(await statusesOf(db, second.executionId), ['READY'])
  await force(second.executionId, 'STOPPED')
  t.same(await rows(db, `select running from cap where key = 'forced'`), [{ running: 0 }])
})

for (const batchStatus of ['FAILED', 'STOPPED', 'COMPLETED'] as const)
  t.test(`a job that is ${batchStatus} is abandoned with its instance, twice as once`, async t => {
    const unit = await running(db, mine)
    await endUnits(db, [endOf(unit, batchStatus)])
    t.same(await abandon(unit.executionId, 'no use'), { kind: 'abandoned', stopped: false })
    t.same(await abandon(unit.executionId), { kind: 'abandoned', stopped: false })
    t.match(await stateOf(db, unit.executionId), {
      batch: 'ABANDONED',
      exit: batchStatus,
      state: 'ABANDONED',
      instance: 'ABANDONED',
      reason: 'no use'
    })
    t.match(await audited(unit.executionId), [{ what: 'execution.abandon', before: { batchStatus } }])
    t.equal(await restart(unit.instanceId), false)
  })

for (const [batchStatus, prepare] of [
  ['STARTING', () => submitted(db)],
  ['STARTED', () => running(db, mine)]
] as const)
  t.test(`a job that is ${batchStatus} is not abandoned`, async t => {
    const { executionId } = await prepare()
    t.same(await abandon(executionId), { kind: 'running', executionId, batchStatus })
    t.match(await stateOf(db, executionId), { batch: batchStatus })
  })

t.test('E8 what is STOPPING is ended and abandoned', async t => {
  const unit = await stopping()
  t.same(await abandon(unit.executionId), { kind: 'abandoned', stopped: true })
  t.match(await stateOf(db, unit.executionId), { batch: 'ABANDONED', exit: 'STOPPED', state: 'ABANDONED' })
  t.same(await endUnits(db, [endOf(unit)]), [])
  t.same(await statusesOf(db, unit.executionId), [])
})

t.test('an older execution is abandoned alone, and not while the newest runs', async t => {
  const { executionId, instanceId } = await failed()
  await restart(instanceId)
  t.match(await abandon(executionId), { kind: 'running', batchStatus: 'STARTING' })
  const [newest] = await claim(db, mine)
  await start(db, [newest!])
  await endUnits(db, [endOf(newest!)])
  t.same(await abandon(executionId), { kind: 'abandoned', stopped: false })
  t.match(await stateOf(db, executionId), { batch: 'ABANDONED', state: 'COMPLETED', instance: 'COMPLETED' })
})

t.test('E14 what is being purged is not abandoned', async t => {
  const { executionId, instanceId } = await failed()
  await rows(
    db,
    'update job_instance set purge_incarnation = gen_random_uuid() where instance_id = :instanceId',
    { instanceId }
  )
  t.same(await abandon(executionId), { kind: 'purging', instanceId })
  t.match(await stateOf(db, executionId), { batch: 'FAILED' })
})

t.test('E2 an abandon and a restart at once: exactly one wins', async t => {
  for (let round = 0; round < 20; round++) {
    const { executionId, instanceId } = await failed()
    const [abandoned, restarted] = await Promise.all([abandon(executionId), restart(instanceId)])
    t.not(abandoned.kind === 'abandoned', restarted)
  }
})

t.test('a forced end is nothing to a claim of another job', async t => {
  const other = await running(db, mine)
  await force((await submitted(db)).executionId)
  t.same((await endUnits(db, [endOf(other)])).length, 1)
  t.same(claimOf(other).unitId, other.unitId)
})

t.test('E2 two abandons at once are one', async t => {
  for (let round = 0; round < 20; round++) {
    const { executionId } = await failed()
    t.match(await Promise.all([abandon(executionId), abandon(executionId)]), [
      { kind: 'abandoned' },
      { kind: 'abandoned' }
    ])
    t.equal((await audited(executionId)).length, 1)
  }
})
