// A pause in every state a job can be in, and what comes of it, on real PostgreSQL.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { endUnits } from '../../src/store/ends.ts'
import { renew } from '../../src/store/incarnations.ts'
import { pauseExecution as pause, unpauseExecution as unpause } from '../../src/store/pauses.ts'
import { recoverExecution } from '../../src/store/recoveries.ts'
import { withdrawChild, yieldUnit } from '../../src/store/resumptions.ts'
import { stopExecution } from '../../src/store/stops.ts'
import { admitCapped } from '../../src/store/caps.ts'
import { admitDelayedUnits } from '../../src/store/units.ts'
import { createDatabase } from '../support/database.ts'
import {
  claim,
  endOf,
  partitionStatuses,
  running,
  server,
  start,
  startStep,
  stateOf,
  statusesOf,
  submitted,
  withPartitions
} from './repository.ts'

const { db } = await createDatabase(t)
const mine = await server(db)

const unitOf = async (executionId: number) =>
  (
    await rows<{ status: string; waits_for: string | null; epoch: number }>(
      db,
      `select status, waits_for, epoch, resumed from unit where execution_id = :executionId and kind = 'execution'`,
      { executionId }
    )
  )[0]!
const PAUSED = { status: 'WAITING', waits_for: 'pause' }
const READY = { status: 'READY', waits_for: null }
const pauseExecution = (executionDb: typeof db, executionId: number) => pause(executionDb, executionId, 'bob')
const unpauseExecution = (executionDb: typeof db, executionId: number) =>
  unpause(executionDb, executionId, 'bob')
const stop = (executionId: number) => stopExecution(db, { executionId, by: 'bob', reason: 'not begun' })

t.afterEach(async () => {
  await rows(db, 'truncate unit, cap')
})

t.test('E12 what is READY waits for the end of the pause, and is READY again then', async t => {
  const { executionId } = await submitted(db)
  t.same(await pauseExecution(db, executionId), { kind: 'paused' })
  t.same(await pauseExecution(db, executionId), { kind: 'paused' })
  t.match(await unitOf(executionId), PAUSED)
  t.same(await claim(db, mine), [])
  await admitDelayedUnits(db)
  await admitCapped(db)
  t.match(await unitOf(executionId), PAUSED, 'no tick ends a pause')
  t.same(await unpauseExecution(db, executionId), { kind: 'unpaused' })
  t.match(await unitOf(executionId), READY)
  t.same(await unpauseExecution(db, executionId), { kind: 'notPaused', batchStatus: 'STARTING' })
})

t.test('E12 a unit that was claimed and not begun is taken from its server by a pause', async t => {
  const { executionId } = await submitted(db)
  const [unit] = await claim(db, mine)
  t.same(await pauseExecution(db, executionId), { kind: 'paused' })
  t.match(await unitOf(executionId), { ...PAUSED, epoch: unit!.epoch + 1 })
  t.equal((await start(db, [unit!])).size, 0)
})

t.test('E12 a delay that a pause interrupted is waited for after it', async t => {
  const { executionId } = await submitted(db, { delaySeconds: 3600 })
  await pauseExecution(db, executionId)
  t.match(await unitOf(executionId), PAUSED)
  await unpauseExecution(db, executionId)
  t.match(await unitOf(executionId), { status: 'WAITING', waits_for: 'delay' })
})

t.test('E12 a running execution yields into the pause, and the same one goes on', async t => {
  const unit = await running(db, mine)
  const { stepExecutionId } = await startStep(db, unit)
  t.same(await pauseExecution(db, unit.executionId), { kind: 'pausing' })
  t.match(await renew(db, { incarnation: mine, leaseSeconds: 60, freeThreads: 1 }), [
    { unitId: unit.unitId, status: 'STARTED', pauseRequested: true }
  ])
  t.equal(await yieldUnit(db, unit), 'yielded')
  t.match(await unitOf(unit.executionId), { ...PAUSED, epoch: unit.epoch + 1, resumed: true })
  t.match(await stateOf(db, unit.executionId), { batch: 'STARTING', state: 'DISPATCHED' })
  await unpauseExecution(db, unit.executionId)
  const [again] = await claim(db, mine)
  t.match(again, { executionId: unit.executionId, resumed: true })
  await start(db, [again!])
  t.equal((await startStep(db, again!)).stepExecutionId, stepExecutionId)
  t.equal(await yieldUnit(db, again!), 'yielded')
  t.match(await unitOf(unit.executionId), READY, 'a pause counts once')
})

t.test('E12 a pause that ended before the yield lets it go on at once', async t => {
  const unit = await running(db, mine)
  await pauseExecution(db, unit.executionId)
  t.same(await unpauseExecution(db, unit.executionId), { kind: 'unpaused' })
  t.match(await unitOf(unit.executionId), { status: 'STARTED' })
  await yieldUnit(db, unit)
  t.match(await unitOf(unit.executionId), READY)
})

t.test('E12 a server that dies while its execution is to pause leaves it paused under resume', async t => {
  const dying = await server(db)
  const unit = await running(db, dying)
  await pauseExecution(db, unit.executionId)
  const { executionId } = unit
  await recoverExecution(db, {
    executionId,
    incarnation: dying,
    reason: 'it died',
    policy: 'resume',
    crashBudget: 3
  })
  t.match(await unitOf(executionId), { ...PAUSED, epoch: unit.epoch + 1 })
})

t.test('E12 a child of an execution that pauses does not begin, and its row stays', async t => {
  const unit = await running(db, mine)
  const stepExecutionId = await withPartitions(db, unit, mine, 2)
  const [child] = await claim(db, mine, 1)
  t.equal(await withdrawChild(db, child!), true)
  t.equal(await withdrawChild(db, child!), false)
  t.same(await partitionStatuses(db, stepExecutionId), ['STARTING', 'STARTING'])
  t.same(await statusesOf(db, unit.executionId), ['STARTED', 'READY'])
})

t.test('E11 a stop ends a paused execution STOPPED at once, with its steps and partitions', async t => {
  const unit = await running(db, mine)
  const stepExecutionId = await withPartitions(db, unit, mine, 2)
  await pauseExecution(db, unit.executionId)
  await yieldUnit(db, unit)
  t.same(await stop(unit.executionId), { kind: 'stopped' })
  t.match(await stateOf(db, unit.executionId), { batch: 'STOPPED', state: 'STOPPED' })
  t.same(await partitionStatuses(db, stepExecutionId), ['STOPPED', 'STOPPED'])
  t.same(await statusesOf(db, unit.executionId), [])
})

t.test('E11 what is STOPPING is not paused, and what pauses is stopped', async t => {
  const unit = await running(db, mine)
  await pauseExecution(db, unit.executionId)
  t.same(await stop(unit.executionId), { kind: 'stopping' })
  t.same(await pauseExecution(db, unit.executionId), { kind: 'notRunning', batchStatus: 'STOPPING' })
  t.equal(await yieldUnit(db, unit), 'stopping')
  await endUnits(db, [endOf(unit, 'STOPPED')])
  t.same(await pauseExecution(db, unit.executionId), { kind: 'notRunning', batchStatus: 'STOPPED' })
  t.same(await unpauseExecution(db, unit.executionId), { kind: 'notPaused', batchStatus: 'STOPPED' })
})

t.test('E13 a paused unit keeps its places in its caps, and one that had none gets none', async t => {
  const caps = [{ key: 'paused', limit: 1 }]
  const counted = async () => (await rows<{ running: number }>(db, 'select running from cap'))[0]?.running
  const first = await submitted(db, { caps })
  const second = await submitted(db, { caps })
  await pauseExecution(db, first.executionId)
  await pauseExecution(db, second.executionId)
  await admitCapped(db)
  t.equal(await counted(), 1)
  await unpauseExecution(db, second.executionId)
  t.match(await unitOf(second.executionId), { status: 'WAITING', waits_for: 'cap' })
  await unpauseExecution(db, first.executionId)
  t.match(await unitOf(first.executionId), READY)
  await pauseExecution(db, first.executionId)
  await stop(first.executionId)
  t.equal(await counted(), 1, 'its place went to the next')
  t.match(await unitOf(second.executionId), READY)
})

t.test('E2 a pause and an end at once: the end stands', async t => {
  for (let round = 0; round < 20; round++) {
    const unit = await running(db, mine)
    const [paused, ended] = await Promise.all([
      pauseExecution(db, unit.executionId),
      endUnits(db, [endOf(unit)])
    ])
    t.equal(ended.length, 1)
    t.ok(['pausing', 'notRunning'].includes(paused.kind))
    t.match(await stateOf(db, unit.executionId), { batch: 'COMPLETED' })
  }
})
