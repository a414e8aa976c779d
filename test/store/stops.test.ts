// A stop in every state a job can be in, on real PostgreSQL.
import t from 'tap'
import { insertChildUnits } from '../../src/store/children.ts'
import { rows } from '../../src/store/database.ts'
import { endUnits } from '../../src/store/ends.ts'
import { insertRestart, lockForRestart } from '../../src/store/restarts.ts'
import { endSteps } from '../../src/store/step-ends.ts'
import { stopExecution } from '../../src/store/stops.ts'
import { unitColumns } from '../../src/store/unit-inserts.ts'
import { createDatabase } from '../support/database.ts'
import {
  claim,
  claimOf,
  endOf,
  partitioned,
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

const stop = (executionId: number, by = 'alice') =>
  stopExecution(db, { executionId, by, reason: `stopped by ${by} before it began` })

t.afterEach(async () => {
  await rows(db, 'truncate unit')
})

for (const [status, prepare] of [
  ['WAITING', () => submitted(db, { delaySeconds: 3600 })],
  ['READY', () => submitted(db)],
  [
    'CLAIMED',
    async () => {
      const ids = await submitted(db)
      await claim(db, mine)
      return ids
    }
  ]
] as const)
  t.test(`E11 a job that is ${status} is STOPPED at once and never begins`, async t => {
    const { executionId } = await prepare()
    t.same(await statusesOf(db, executionId), [status])
    t.same(await stop(executionId), { kind: 'stopped' })
    t.same(await stateOf(db, executionId), {
      batch: 'STOPPED',
      exit: 'STOPPED',
      state: 'STOPPED',
      instance: 'STOPPED',
      reason: 'stopped by alice before it began'
    })
    t.same(await statusesOf(db, executionId), [])
  })

t.test('E11 a unit stopped between its claim and its start does not start', async t => {
  const { executionId } = await submitted(db)
  const claimed = await claim(db, mine)
  await stop(executionId)
  t.equal((await start(db, claimed)).size, 0)
  t.match(await stateOf(db, executionId), { batch: 'STOPPED' })
})

t.test(
  'E11 a stop of a running job makes it STOPPING, and an end that would be COMPLETED is STOPPED',
  async t => {
    const unit = await running(db, mine)
    const { stepExecutionId } = await startStep(db, unit)
    t.same(await stop(unit.executionId), { kind: 'stopping' })
    t.match(await stateOf(db, unit.executionId), {
      batch: 'STOPPING',
      instance: 'STOPPING',
      state: 'DISPATCHED'
    })
    t.same(await statusesOf(db, unit.executionId), ['STOPPING'])
    t.same(await stop(unit.executionId), { kind: 'stopping' }, 'a second stop is answered as the first')
    t.same(await stop(unit.executionId, 'bob'), { kind: 'stopping' }, 'also another caller’s')
    const end = { exitStatus: 'COMPLETED', persistentUserData: null, message: null, metrics: null }
    t.same(await endSteps(db, [{ ...claimOf(unit), ...end, stepExecutionId, batchStatus: 'COMPLETED' }]), [
      'STOPPED'
    ])
    t.match(await endUnits(db, [endOf(unit)]), [{ batchStatus: 'STOPPED', exitStatus: 'STOPPED' }])
    t.match(await stateOf(db, unit.executionId), { batch: 'STOPPED', state: 'STOPPED', exit: 'STOPPED' })
  }
)

t.test('E11 FAILED stays FAILED under a stop', async t => {
  const unit = await running(db, mine)
  await stop(unit.executionId)
  t.match(await endUnits(db, [endOf(unit, 'FAILED')]), [{ batchStatus: 'FAILED' }])
  t.match(await stateOf(db, unit.executionId), { batch: 'FAILED', state: 'FAILED' })
})

t.test('E11 a stop finds children in every state', async t => {
  const unit = await running(db, mine)
  const stepExecutionId = await withPartitions(db, unit, mine, 5)
  const children = await claim(db, mine, 4)
  await start(db, children.slice(0, 3))
  await endUnits(db, [endOf(children[0]!)])
  t.same(await statusesOf(db, unit.executionId), ['STARTED', 'STARTED', 'STARTED', 'CLAIMED', 'READY'])
  t.same(await stop(unit.executionId), { kind: 'stopping' })
  t.same(await statusesOf(db, unit.executionId), ['STOPPING', 'STOPPING', 'STOPPING'])
  t.same(
    await partitionStatuses(db, stepExecutionId),
    ['COMPLETED', 'STOPPING', 'STOPPING', 'STOPPED', 'STOPPED'],
    'an end before the stop stands; what had not begun never will'
  )
  t.equal((await start(db, children.slice(3))).size, 0)
})

t.test(
  'E8 after a stop no children are inserted, and those that never had a unit end with their step',
  async t => {
    const unit = await running(db, mine)
    const children = await partitioned(db, unit, 2)
    const { stepExecutionId } = children[0] as { stepExecutionId: number }
    await stop(unit.executionId)
    t.equal(await insertChildUnits(db, claimOf(unit), mine, children), 'stopping')
    t.same(await statusesOf(db, unit.executionId), ['STOPPING'])
    await endSteps(db, [
      {
        ...claimOf(unit),
        stepExecutionId,
        batchStatus: 'STOPPED',
        exitStatus: 'STOPPED',
        persistentUserData: null,
        message: null,
        metrics: null
      }
    ])
    t.same(await partitionStatuses(db, stepExecutionId), ['STOPPED', 'STOPPED'])
  }
)

t.test('E8 children inserted while a stop is under way are either told or not made', async t => {
  for (let round = 0; round < 20; round++) {
    const unit = await running(db, mine)
    const children = await partitioned(db, unit, 3)
    const [verdict] = await Promise.all([
      insertChildUnits(db, claimOf(unit), mine, children),
      stop(unit.executionId)
    ])
    const left = await statusesOf(db, unit.executionId)
    t.same(left, ['STOPPING'], `${verdict}: none is READY under a stopped parent`)
  }
})

t.test('E11 a stop of what was stopped by the same caller just now is told apart', async t => {
  const unit = await running(db, mine)
  const { executionId, instanceId } = unit
  await stop(executionId)
  await endUnits(db, [endOf(unit, 'STOPPED')])
  t.same(await stop(executionId), { kind: 'stoppedBefore' })
  t.same(
    await stop(executionId, 'bob'),
    { kind: 'notRunning', batchStatus: 'STOPPED' },
    'another caller’s is not'
  )
  await rows(
    db,
    `update job_execution set stop_requested_at = stop_requested_at - interval '61 seconds' where execution_id = :executionId`,
    { executionId }
  )
  t.same(await stop(executionId), { kind: 'notRunning', batchStatus: 'STOPPED' }, 'nor after a minute')
  await rows(
    db,
    'update job_execution set stop_requested_at = clock_timestamp() where execution_id = :executionId',
    {
      executionId
    }
  )
  await db.transaction(async trx => {
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
    await insertRestart(trx, {
      latest: latest!,
      jobParameters: {},
      instanceState: 'SUBMITTED',
      jobName: 'tested',
      columns: columns!
    })
  })
  t.same(
    await stop(executionId),
    { kind: 'notRunning', batchStatus: 'STOPPED' },
    'nor when it was restarted since'
  )
})

t.test('E11 a stop of what ended by itself says how it ended', async t => {
  for (const batchStatus of ['COMPLETED', 'FAILED'] as const) {
    const unit = await running(db, mine)
    await endUnits(db, [endOf(unit, batchStatus)])
    t.same(await stop(unit.executionId), { kind: 'notRunning', batchStatus })
  }
})

t.test('E11 of a stop and an end at one moment exactly one comes first', async t => {
  const seen = { stopped: 0, completed: 0 }
  for (let round = 0; round < 100; round++) {
    const unit = await running(db, mine)
    const end = () => endUnits(db, [endOf(unit)])
    const first = round % 2 === 0
    const [verdict, ended] = first
      ? await Promise.all([stop(unit.executionId), end()])
      : await Promise.all([end(), stop(unit.executionId)]).then(([e, s]) => [s, e] as const)
    const state = await stateOf(db, unit.executionId)
    t.equal(ended.length, 1)
    t.equal(ended[0]!.batchStatus, state.batch)
    if (verdict.kind === 'stopping') {
      t.match(state, { batch: 'STOPPED', state: 'STOPPED', instance: 'STOPPED' }, 'a stop answered 200')
      seen.stopped++
    } else {
      t.match(verdict, { kind: 'notRunning', batchStatus: 'COMPLETED' })
      t.match(state, { batch: 'COMPLETED', state: 'COMPLETED', instance: 'COMPLETED' })
      seen.completed++
    }
  }
  t.equal(seen.stopped + seen.completed, 100, JSON.stringify(seen))
})
