// What becomes of children on a dead server, by how far they and what is above them had come (ENGINE E7, E8, E12).
import t from 'tap'
import { insertChildUnits, startPartitions } from '../../src/store/children.ts'
import { findEnd } from '../../src/store/ends.ts'
import { rows } from '../../src/store/database.ts'
import { deleteIncarnation, markDead } from '../../src/store/incarnations.ts'
import { recoverExecution } from '../../src/store/recoveries.ts'
import { yieldUnit } from '../../src/store/resumptions.ts'
import { endUnits } from '../../src/store/ends.ts'
import { stopExecution } from '../../src/store/stops.ts'
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
  statusesOf,
  withPartitions
} from './repository.ts'

const { db } = await createDatabase(t)

t.afterEach(async () => {
  await rows(db, 'truncate unit, incarnation')
})

const POLICIES = ['fail', 'resume'] as const

const recover = (executionId: number, incarnation: string, policy: 'fail' | 'resume') =>
  recoverExecution(db, { executionId, incarnation, reason: 'its server died', policy, crashBudget: 3 })

/** READY units of a step's partitions, for any server. */
async function forAny(parent: ClaimedUnit, count: number): Promise<number> {
  const { stepExecutionId } = await startStep(db, parent)
  const numbers = Array.from({ length: count }, (_, partitionNumber) => partitionNumber)
  const partitions = numbers.map(partitionNumber => ({ partitionNumber, planProperties: {} }))
  const plan = { stepExecutionId, partitions, carriedOver: [], override: false }
  const first = numbers.map(
    partitionNumber => ({ kind: 'partition', stepExecutionId, partitionNumber }) as const
  )
  await startPartitions(db, claimOf(parent), plan, { incarnation: '', multiJVM: true, first })
  return stepExecutionId
}

/** A flow of a split of this job, at work on the server of the job. */
async function flowOf(root: ClaimedUnit, incarnation: string): Promise<ClaimedUnit> {
  await insertChildUnits(db, claimOf(root), incarnation, [{ kind: 'flow', split: 'x', flow: 'f' }])
  const [flow] = await claim(db, incarnation, 1)
  await start(db, [flow!])
  return flow!
}

async function crashesOf(executionId: number): Promise<[crashes: number, interruptions: number]> {
  const [row] = await rows<{ crashes: number; n: number }>(
    db,
    'select crashes, jsonb_array_length(interruptions) as n from job_execution where execution_id = :executionId',
    { executionId }
  )
  return [row!.crashes, row!.n]
}

const epochs = async (executionId: number) =>
  await rows(
    db,
    'select status, epoch, resumed from unit where execution_id = :executionId order by unit_id',
    {
      executionId
    }
  )

for (const policy of POLICIES) {
  t.test(
    `E12 ${policy}: partitions that a dead server had only claimed go back, and that is no crash`,
    async t => {
      const [alive, dead] = [await server(db), await server(db)]
      const root = await running(db, alive)
      const step = await forAny(root, 4)
      await start(db, await claim(db, alive, 2))
      const lost = await claim(db, dead, 2)
      t.equal(await recover(root.executionId, dead, policy), 'READY')
      t.same(await statusesOf(db, root.executionId), ['STARTED', 'STARTED', 'STARTED', 'READY', 'READY'])
      t.same(await crashesOf(root.executionId), [0, 0])
      t.equal((await start(db, lost)).size, 0, 'the dead one starts them no more')
      t.same(await partitionStatuses(db, step), ['STARTED', 'STARTED', 'STARTING', 'STARTING'])
      t.equal((await start(db, await claim(db, alive))).size, 2)
      t.ok(await deleteIncarnation(db, dead))
    }
  )

  t.test(
    `E12 ${policy}: of partitions begun and claimed only those that had begun are lost, in one crash`,
    async t => {
      const [alive, dead] = [await server(db), await server(db)]
      const root = await running(db, alive)
      const step = await forAny(root, 3)
      const lost = await claim(db, dead, 3)
      await start(db, lost.slice(0, 2))
      t.equal(await recover(root.executionId, dead, policy), policy === 'fail' ? 'FAILED' : 'READY')
      t.same(await crashesOf(root.executionId), [1, 1])
      const stands = { status: 'STARTED', epoch: 1, resumed: false }
      const claimed = { status: 'READY', epoch: 2, resumed: false }
      const goesOn = { status: 'READY', epoch: 2, resumed: true }
      const resumed = [stands, goesOn, goesOn, claimed]
      t.same(await epochs(root.executionId), policy === 'fail' ? [stands, claimed] : resumed)
      const failed = ['FAILED', 'FAILED', 'STARTING']
      const going = ['STARTING', 'STARTING', 'STARTING']
      t.same(await partitionStatuses(db, step), policy === 'fail' ? failed : going)
      t.match(await stateOf(db, root.executionId), { batch: 'STARTED' }, 'the step waits on')
    }
  )

  t.test(`E12 ${policy}: a job, a flow that was only claimed and one that waits are one crash`, async t => {
    const dead = await server(db)
    const root = await running(db, dead)
    const flows = ['f', 'g'].map(flow => ({ kind: 'flow', split: 'x', flow }) as const)
    await insertChildUnits(db, claimOf(root), dead, flows)
    const [flow] = await claim(db, dead, 1)
    t.equal(await recover(root.executionId, dead, policy), policy === 'fail' ? 'FAILED' : 'READY')
    t.same(await crashesOf(root.executionId), [1, 1])
    t.same(await statusesOf(db, root.executionId), policy === 'fail' ? [] : ['READY'])
    t.equal((await start(db, [flow!])).size, 0)
  })

  t.test(`E12 ${policy}: local partitions, begun and not, are one crash of their job`, async t => {
    const dead = await server(db)
    const root = await running(db, dead)
    const step = await withPartitions(db, root, dead, 4)
    const [begun] = await claim(db, dead, 2)
    await start(db, [begun!])
    t.equal(await recover(root.executionId, dead, policy), policy === 'fail' ? 'FAILED' : 'READY')
    t.same(await crashesOf(root.executionId), [1, 1])
    const status = policy === 'fail' ? 'FAILED' : 'STARTING'
    t.same(await partitionStatuses(db, step), Array(4).fill(status))
  })

  t.test(`E8 ${policy}: what living servers claimed or began below a dead one is theirs no more`, async t => {
    const [alive, dead] = [await server(db), await server(db)]
    const root = await running(db, dead)
    await forAny(root, 3)
    const elsewhere = await claim(db, alive, 2)
    await start(db, elsewhere.slice(0, 1))
    t.equal(await recover(root.executionId, dead, policy), policy === 'fail' ? 'FAILED' : 'READY')
    t.same(await statusesOf(db, root.executionId), policy === 'fail' ? [] : ['READY'])
    t.equal((await start(db, elsewhere)).size, 0)
    t.same(await endUnits(db, [endOf(elsewhere[0]!)]), [])
    t.same(await crashesOf(root.executionId), [1, 1])
  })

  t.test(`E7 ${policy}: a flow whose partitions died goes on, and so does its job`, async t => {
    const [alive, dead] = [await server(db), await server(db)]
    const root = await running(db, alive)
    const flow = await flowOf(root, alive)
    await forAny(flow, 2)
    await start(db, await claim(db, dead, 1))
    await claim(db, dead, 1)
    t.equal(await recover(root.executionId, dead, policy), policy === 'fail' ? 'FAILED' : 'READY')
    const below = policy === 'fail' ? ['READY'] : ['READY', 'READY']
    t.same(await statusesOf(db, root.executionId), ['STARTED', 'STARTED', ...below])
    t.same(await crashesOf(root.executionId), [1, 1])
  })

  t.test(`E7 ${policy}: a job and its partitions that died with two servers are one crash`, async t => {
    const [first, second] = [await server(db, -1), await server(db, -1)]
    await rows(db, `update incarnation set expires = clock_timestamp() + interval '1 minute'`)
    const root = await running(db, first)
    await forAny(root, 2)
    await start(db, await claim(db, second, 1))
    await rows(db, 'update incarnation set expires = clock_timestamp()')
    t.ok(await markDead(db, first, 'expired'))
    t.ok(await markDead(db, second, 'expired'))
    t.equal(await recover(root.executionId, second, policy), null, 'it is left to what is above it')
    t.notOk(await deleteIncarnation(db, second))
    t.equal(await recover(root.executionId, first, policy), policy === 'fail' ? 'FAILED' : 'READY')
    t.equal(await recover(root.executionId, second, policy), null)
    t.same(await crashesOf(root.executionId), [1, 1])
    for (const each of [first, second]) t.ok(await deleteIncarnation(db, each))
  })
}

t.test('E11 a stop takes what was only claimed, and what had begun ends with its server', async t => {
  const [alive, dead] = [await server(db), await server(db)]
  const root = await running(db, alive)
  const step = await forAny(root, 3)
  const lost = await claim(db, dead, 2)
  await start(db, lost.slice(0, 1))
  await stopExecution(db, { executionId: root.executionId, by: 'alice', reason: '' })
  t.equal(await recover(root.executionId, dead, 'resume'), 'STOPPED')
  t.same(await partitionStatuses(db, step), ['STOPPED', 'STOPPED', 'STOPPED'])
  t.same(await statusesOf(db, root.executionId), ['STOPPING'])
})

t.test('E5 a flow that is entered again is not taken for what it had ended with before', async t => {
  const mine = await server(db)
  const root = await running(db, mine)
  const flow = await flowOf(root, mine)
  await endUnits(db, [{ ...endOf(flow), flowOutcome: { batchStatus: 'COMPLETED' } }])
  t.match(await findEnd(db, flow), { batchStatus: 'COMPLETED' })
  await yieldUnit(db, root)
  const [again] = await claim(db, mine)
  await start(db, [again!])
  const second = await flowOf(again!, mine)
  t.equal(second.epoch, flow.epoch, 'the claim of another unit has the same number')
  t.equal(await findEnd(db, second), null)
  t.match(await endUnits(db, [endOf(second, 'FAILED')]), [{ batchStatus: 'FAILED' }])
  t.match(await findEnd(db, second), { batchStatus: 'FAILED' })
  t.match(await rows(db, `select batch_status from flow`), [{ batch_status: 'FAILED' }])
})
