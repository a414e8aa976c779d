// What becomes of a dead server's work under `fail`, and that the living's is left alone.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { endUnits } from '../../src/store/ends.ts'
import {
  deleteIncarnation,
  findExpired,
  findPredecessor,
  insertIncarnation,
  markDead,
  renew
} from '../../src/store/incarnations.ts'
import { findInterruptions } from '../../src/store/interruptions.ts'
import { findExecutionsOfDead, recoverExecution } from '../../src/store/recoveries.ts'
import { stopExecution } from '../../src/store/stops.ts'
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

t.afterEach(async () => {
  await rows(db, 'truncate unit, incarnation')
})

const recover = (executionId: number, incarnation: string) =>
  recoverExecution(db, {
    executionId,
    incarnation,
    reason: 'its server died',
    policy: 'fail',
    crashBudget: 3
  })

t.test(
  'E12 a unit that was only CLAIMED goes back to READY with a higher epoch and counts as no crash',
  async t => {
    const [dead, other] = [await server(db), await server(db)]
    const { executionId } = await submitted(db)
    const [old] = await claim(db, dead)
    t.equal(await recover(executionId, dead), 'READY')
    t.equal((await start(db, [old!])).size, 0, 'the dead one starts it no more')
    const [again] = await claim(db, other)
    t.ok(again!.epoch > old!.epoch)
    const [{ crashes }] = (await rows(
      db,
      'select crashes from job_execution where execution_id = :executionId',
      {
        executionId
      }
    )) as [{ crashes: number }]
    t.equal(crashes, 0)
  }
)

t.test(
  'E12 a running job of a dead server is FAILED with the reason, its steps and partitions too',
  async t => {
    const dead = await server(db)
    const unit = await running(db, dead)
    const stepExecutionId = await withPartitions(db, unit, dead, 4)
    const children = await claim(db, dead, 3)
    await start(db, children.slice(0, 2))
    await endUnits(db, [endOf(children[0]!)])
    t.equal(await recover(unit.executionId, dead), 'FAILED')
    t.match(await stateOf(db, unit.executionId), {
      batch: 'FAILED',
      exit: 'FAILED',
      state: 'FAILED',
      instance: 'FAILED',
      reason: 'its server died'
    })
    t.same(
      await partitionStatuses(db, stepExecutionId),
      ['COMPLETED', 'FAILED', 'FAILED', 'FAILED'],
      'finished ones stay'
    )
    const [step] = await rows(
      db,
      'select batch_status, end_time is not null as ended from step_execution where step_execution_id = :stepExecutionId',
      { stepExecutionId }
    )
    t.same(step, { batch_status: 'FAILED', ended: true })
    t.same(await statusesOf(db, unit.executionId), [])
    t.same(await endUnits(db, [endOf(unit)]), [], 'a late end of the dead one changes nothing')
    t.equal(await recover(unit.executionId, dead), null, 'a second recovery finds nothing')
  }
)

t.test('E12 a STOPPING job of a dead server is FAILED under fail', async t => {
  const dead = await server(db)
  const unit = await running(db, dead)
  await startStep(db, unit)
  await stopExecution(db, { executionId: unit.executionId, by: 'alice', reason: '' })
  t.equal(await recover(unit.executionId, dead), 'FAILED')
  t.match(await stateOf(db, unit.executionId), { batch: 'FAILED', reason: 'its server died' })
})

t.test('E7 what belongs to a living server is not recovered', async t => {
  const [dead, alive] = [await server(db), await server(db)]
  const [lost, kept] = [await running(db, dead), await running(db, alive)]
  t.same(await findExecutionsOfDead(db, dead), [lost.executionId])
  t.equal(await recover(kept.executionId, dead), null)
  t.match(await stateOf(db, kept.executionId), { batch: 'STARTED' })
})

t.test('E8 two that recover the same job at once end it once', async t => {
  const dead = await server(db)
  const unit = await running(db, dead)
  const became = await Promise.all([1, 2, 3].map(() => recover(unit.executionId, dead)))
  t.same(
    became.filter(each => each !== null),
    ['FAILED']
  )
  const [{ crashes }] = (await rows(
    db,
    'select crashes from job_execution where execution_id = :executionId',
    {
      executionId: unit.executionId
    }
  )) as [{ crashes: number }]
  t.equal(crashes, 1)
})

t.test(
  'E6 a renewal gives all units with epoch and status; a server that is marked dead gets none',
  async t => {
    const mine = await server(db, 60)
    const unit = await running(db, mine)
    const lease = { incarnation: mine, leaseSeconds: 60, freeThreads: 3 }
    t.same(await renew(db, lease), [
      { unitId: unit.unitId, epoch: unit.epoch, status: 'STARTED', pauseRequested: false }
    ])
    t.notOk(await markDead(db, mine, 'expired'), 'it lives')
    await rows(db, 'update incarnation set expires = clock_timestamp()')
    t.ok(await markDead(db, mine, 'expired'))
    t.notOk(await markDead(db, mine, 'expired'), 'once only')
    t.equal(await renew(db, lease), null)
  }
)

t.test('E7 of one server id only one incarnation is alive', async t => {
  const row = { serverId: 'one', address: '', applications: [], leaseSeconds: 60 }
  const [a, b] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
  t.ok(await insertIncarnation(db, { ...row, incarnation: a }))
  t.notOk(await insertIncarnation(db, { ...row, incarnation: b }))
  t.match(await findPredecessor(db, 'one'), { incarnation: a, sessions: 0, expired: false })
  t.ok(await markDead(db, a, 'sessions gone'), 'nobody of it is connected')
  t.ok(await insertIncarnation(db, { ...row, incarnation: b }))
})

t.test('E7 a dead incarnation’s row goes when no unit names it', async t => {
  const dead = await server(db)
  const unit = await running(db, dead)
  t.notOk(await deleteIncarnation(db, dead))
  await recover(unit.executionId, dead)
  t.ok(await deleteIncarnation(db, dead))
})

t.test('E7 a lease that ran out while PostgreSQL itself was away is no death', async t => {
  const [mine, other] = [await server(db), await server(db, -1)]
  const [{ seconds }] = (await rows(
    db,
    `select extract(epoch from clock_timestamp() - pg_postmaster_start_time())::int as seconds`
  )) as [{ seconds: number }]
  t.same(await findExpired(db, mine, seconds + 3600), [], 'as just after a start of PostgreSQL')
  t.match(await findExpired(db, mine, 0), [{ incarnation: other }])
})

t.test('E12 where it was is kept each time, and named when the crash budget is spent', async t => {
  const { executionId } = await submitted(db)
  const reasons = ['first', 'second', 'third']
  for (const [at, reason] of reasons.entries()) {
    const dead = await server(db)
    const [unit] = await claim(db, dead)
    await start(db, [unit!])
    if (at > 0)
      await rows(db, `update step_execution set chunk_number = 4 where execution_id = :executionId`, {
        executionId
      })
    else await startStep(db, unit!)
    const became = await recoverExecution(db, {
      executionId,
      incarnation: dead,
      reason,
      policy: 'resume',
      crashBudget: 2
    })
    t.equal(became, at < 2 ? 'READY' : 'FAILED')
  }
  const interruptions = await findInterruptions(db, executionId)
  t.match(interruptions, [
    {
      at: /^\d{4}-\d\d-\d\dT/,
      reason: 'first',
      places: [{ stepName: 'step1', partitionNumber: null, afterChunk: 0 }]
    },
    { reason: 'second', places: [{ afterChunk: 4, checkpoint: null }] },
    { reason: 'third', places: [{ afterChunk: 4 }] }
  ])
  t.match(await stateOf(db, executionId), {
    batch: 'FAILED',
    reason:
      'its server died 3 times under it in step step1 at chunk 5 (2 times); in step step1 before its first checkpoint (once); last: third'
  })
})
