// What a time limit that was exceeded leaves in the repository, whoever writes the end, on real PostgreSQL.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { endUnits } from '../../src/store/ends.ts'
import { recoverExecution } from '../../src/store/recoveries.ts'
import { endSteps } from '../../src/store/step-ends.ts'
import { stopExecution } from '../../src/store/stops.ts'
import { endUnitFromOutside } from '../../src/store/subtrees.ts'
import { secondsOfExecution, stopOverdue } from '../../src/store/time-limits.ts'
import { yieldUnit } from '../../src/store/resumptions.ts'
import type { ClaimedUnit } from '../../src/store/units.ts'
import { createDatabase } from '../support/database.ts'
import {
  claim,
  claimOf,
  endOf,
  partitionStatuses,
  running,
  server,
  start,
  startStep,
  stateOf,
  submitted,
  withPartitions
} from './repository.ts'

const { db } = await createDatabase(t)
const mine = await server(db)
const REASON = 'the job took longer than its time limit of 5 s'

const overdue = (unit: ClaimedUnit) => stopOverdue(db, unit, REASON, { awayMs: 0 })
const outside = (unit: ClaimedUnit) =>
  endUnitFromOutside(db, unit, { batchStatus: 'STOPPED', reason: 'it was deaf', flowOutcome: null })

t.afterEach(async () => {
  await rows(db, 'truncate unit')
})

for (const batchStatus of ['COMPLETED', 'STOPPED', 'FAILED'] as const)
  t.test(`an end as ${batchStatus} after the limit is FAILED with the limit as the reason`, async t => {
    const unit = await running(db, mine)
    const { stepExecutionId } = await startStep(db, unit)
    t.equal(await overdue(unit), true)
    t.match(await stateOf(db, unit.executionId), { batch: 'STOPPING' })
    const step = { stepExecutionId, batchStatus, exitStatus: batchStatus, persistentUserData: null }
    t.same(await endSteps(db, [{ ...claimOf(unit), ...step, message: null, metrics: null }]), ['FAILED'])
    await endUnits(db, [endOf(unit, batchStatus)])
    t.same(await stateOf(db, unit.executionId), {
      batch: 'FAILED',
      exit: 'FAILED',
      state: 'FAILED',
      instance: 'FAILED',
      reason: REASON
    })
    const steps = await rows(
      db,
      'select batch_status, exit_status, message, execution_id from step_execution where step_execution_id = :stepExecutionId',
      { stepExecutionId }
    )
    t.match(steps, [{ batch_status: 'FAILED', exit_status: 'FAILED', message: REASON }])
  })

t.test('E11 a thread that is ended after the grace period leaves FAILED and both reasons', async t => {
  const unit = await running(db, mine)
  const stepExecutionId = await withPartitions(db, unit, mine, 2)
  const [child] = await claim(db, mine, 1)
  await start(db, [child!])
  await overdue(unit)
  t.same(await partitionStatuses(db, stepExecutionId), ['STOPPING', 'STOPPED'])
  t.match(await outside(child!), { batchStatus: 'FAILED' })
  await outside(unit)
  t.match(await stateOf(db, unit.executionId), { batch: 'FAILED', reason: `${REASON}; it was deaf` })
  t.same(await partitionStatuses(db, stepExecutionId), ['FAILED', 'STOPPED'])
})

t.test('E11 a stop that came first ends STOPPED, and the limit says nothing any more', async t => {
  const unit = await running(db, mine)
  await stopExecution(db, { executionId: unit.executionId, by: 'alice', reason: '' })
  t.equal(await overdue(unit), false)
  await endUnits(db, [endOf(unit, 'STOPPED')])
  t.match(await stateOf(db, unit.executionId), { batch: 'STOPPED', reason: null })
})

t.test('E2 a limit kept under an older claim stops nothing', async t => {
  const unit = await running(db, mine)
  t.equal(await stopOverdue(db, { ...unit, epoch: unit.epoch - 1 }, REASON, { awayMs: 0 }), false)
  await yieldUnit(db, unit)
  t.equal(await overdue(unit), false)
  t.match(await stateOf(db, unit.executionId), { batch: 'STARTING' })
})

t.test('E12 a server that dies after the limit leaves FAILED under resume too', async t => {
  const dying = await server(db)
  const unit = await running(db, dying)
  await overdue(unit)
  const { executionId } = unit
  t.equal(
    await recoverExecution(db, {
      executionId,
      incarnation: dying,
      reason: 'it died',
      policy: 'resume',
      crashBudget: 3
    }),
    'FAILED'
  )
  t.match(await stateOf(db, executionId), { batch: 'FAILED', reason: `${REASON}; it died` })
})

t.test('E12 the time of an execution counts on over a recovery, from its first start', async t => {
  const timeLimit = { limitSeconds: 5, warningSeconds: 4 }
  const { executionId } = await submitted(db, { timeLimit })
  t.equal(await secondsOfExecution(db, executionId), 0)
  const [unit] = await claim(db, mine)
  t.same(unit!.timeLimit, timeLimit)
  await start(db, [unit!])
  await rows(
    db,
    `update job_execution set start_time = start_time - interval '1 hour' where execution_id = :executionId`,
    { executionId }
  )
  await recoverExecution(db, {
    executionId,
    incarnation: mine,
    reason: 'it died',
    policy: 'resume',
    crashBudget: 3
  })
  const [again] = await claim(db, mine)
  await start(db, [again!])
  t.same(again!.timeLimit, timeLimit)
  const seconds = await secondsOfExecution(db, executionId)
  t.ok(seconds >= 3600 && seconds < 3700, String(seconds))
})
