// The mark of a purge and what goes with it, straight in the repository.
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { INSTANCE_STATES, PURGEABLE_INSTANCE_STATES } from '../../src/batch/instance-state.ts'
import { type Database, rows } from '../../src/store/database.ts'
import { endUnits } from '../../src/store/ends.ts'
import { removeUnusedJobXMLs } from '../../src/store/job-xml.ts'
import { findKeptLogs } from '../../src/store/purge-logs.ts'
import {
  deletePurged,
  markPurges,
  purgeRowsOnly,
  takeAbandonedPurges,
  unmarkPurges
} from '../../src/store/purges.ts'
import { createDatabase } from '../support/database.ts'
import { claim, endOf, running, server, start, startStep, submitted, withPartitions } from './repository.ts'

const { db } = await createDatabase(t)

/** A job that ended FAILED after a step with partitions. */
async function failed(mine: string): Promise<number> {
  const unit = await running(db, mine)
  await withPartitions(db, unit, mine, 2)
  const children = await claim(db, mine)
  await start(db, children)
  await endUnits(
    db,
    children.map(child => endOf(child, 'FAILED'))
  )
  await endUnits(db, [endOf(unit, 'FAILED')])
  return unit.instanceId
}

const kindOf = async (instanceId: number, incarnation: string) =>
  (await markPurges(db, { instanceIds: [instanceId], incarnation, by: 'alice' })).get(instanceId)?.kind

async function rowsOf(trx: Database, instanceId: number): Promise<Record<string, number>> {
  const [counts] = await rows<Record<string, number>>(
    trx,
    /* sql */ `select
      (select count(*)::int from job_instance where instance_id = :instanceId) as instances,
      (select count(*)::int from job_execution where instance_id = :instanceId) as executions,
      (select count(*)::int from step_execution where instance_id = :instanceId) as steps,
      (select count(*)::int from partition p join step_execution s using (step_execution_id)
        where s.instance_id = :instanceId) as partitions`,
    { instanceId }
  )
  return counts!
}

t.test('E14 a purge takes the instance with all that hangs on it, and leaves its neighbour', async t => {
  const mine = await server(db)
  const [gone, stays] = [await failed(mine), await failed(mine)]
  const before = await rowsOf(db, stays)
  t.same(before, { instances: 1, executions: 1, steps: 1, partitions: 2 })
  t.equal(await kindOf(gone, mine), 'marked')
  t.same(
    await deletePurged(db, { instanceIds: [gone, stays], incarnation: mine }),
    new Set([gone]),
    'only what is marked'
  )
  t.same(await rowsOf(db, gone), { instances: 0, executions: 0, steps: 0, partitions: 0 })
  t.same(await rowsOf(db, stays), before)
  const [{ partitions }] = (await rows<{ partitions: number }>(
    db,
    'select count(*)::int as partitions from partition'
  )) as [{ partitions: number }]
  t.equal(partitions, 2, 'none is left without its step')
})

t.test('E14 what has not ended is not purged, in whatever stage it is', async t => {
  const mine = await server(db)
  const waiting = await submitted(db)
  t.same(
    (await markPurges(db, { instanceIds: [waiting.instanceId], incarnation: mine, by: 'alice' })).get(
      waiting.instanceId
    ),
    {
      kind: 'active',
      instanceState: 'SUBMITTED'
    }
  )
  const [unit] = await claim(db, mine)
  t.equal(await kindOf(waiting.instanceId, mine), 'active', 'claimed')
  await start(db, [unit!])
  await startStep(db, unit!)
  t.same(
    (await markPurges(db, { instanceIds: [waiting.instanceId], incarnation: mine, by: 'alice' })).get(
      waiting.instanceId
    ),
    {
      kind: 'active',
      instanceState: 'DISPATCHED'
    }
  )
  await endUnits(db, [endOf(unit!)])
  t.equal(await kindOf(waiting.instanceId, mine), 'marked', 'and when it has ended it is')
})

t.test('E14 an instance may be purged in the final states and in no other', async t => {
  const mine = await server(db)
  const instanceId = await failed(mine)
  for (const state of INSTANCE_STATES) {
    await rows(
      db,
      'update job_instance set instance_state = :state, purge_incarnation = null where instance_id = :instanceId',
      { state, instanceId }
    )
    const purgeable = PURGEABLE_INSTANCE_STATES.some(each => each === state)
    t.equal(await kindOf(instanceId, mine), purgeable ? 'marked' : 'active', state)
  }
})

t.test('E14 an instance of which a unit is left is not purged, whatever its state says', async t => {
  const mine = await server(db)
  const { instanceId } = await running(db, mine)
  await rows(db, `update job_instance set instance_state = 'FAILED' where instance_id = :instanceId`, {
    instanceId
  })
  t.equal(await kindOf(instanceId, mine), 'active')
})

t.test('E14 one that is marked by a server that lives is not marked again, by itself or another', async t => {
  const [mine, other] = [await server(db), await server(db)]
  const instanceId = await failed(mine)
  t.equal(await kindOf(instanceId, mine), 'marked')
  t.equal(await kindOf(instanceId, other), 'purging')
  t.equal(await kindOf(instanceId, mine), 'purging')
  await unmarkPurges(db, { instanceIds: [instanceId], incarnation: other })
  t.equal(await kindOf(instanceId, other), 'purging', 'nobody takes back the mark of another')
  await unmarkPurges(db, { instanceIds: [instanceId], incarnation: mine })
  t.equal(await kindOf(instanceId, other), 'marked')
  t.same(
    await deletePurged(db, { instanceIds: [instanceId], incarnation: mine }),
    new Set(),
    'it is the other’s now'
  )
})

t.test('E14 of many that mark one instance at once exactly one may', async t => {
  const mine = await server(db)
  const instanceId = await failed(mine)
  const kinds = await Promise.all(Array.from({ length: 5 }, () => kindOf(instanceId, mine)))
  t.equal(kinds.filter(kind => kind === 'marked').length, 1)
})

t.test('E14 marks of the dead, and marks an hour old, are taken over; others are not', async t => {
  const [mine, alive] = [await server(db), await server(db)]
  const [ofDead, ofAlive, old] = [await failed(mine), await failed(mine), await failed(mine)]
  await markPurges(db, { instanceIds: [ofDead], incarnation: randomUUID(), by: 'alice' })
  await markPurges(db, { instanceIds: [ofAlive, old], incarnation: alive, by: 'alice' })
  await rows(
    db,
    `update job_instance set purge_time = purge_time - interval '61 minutes' where instance_id = :old`,
    { old }
  )
  const marked = await server(db)
  const ofMarked = await failed(mine)
  await markPurges(db, { instanceIds: [ofMarked], incarnation: marked, by: 'alice' })
  await rows(db, 'update incarnation set dead_at = clock_timestamp() where incarnation = :marked', { marked })
  t.same(
    (await takeAbandonedPurges(db, mine, 100)).toSorted((a, b) => a - b),
    [ofDead, old, ofMarked]
  )
  t.same(await takeAbandonedPurges(db, mine, 100), [], 'they have an owner again')
})

t.test(
  'E14 purgeJobStoreOnly leaves a tombstone, so that the folder of the logs is nobody’s to remove',
  async t => {
    const mine = await server(db)
    const [kept, gone] = [await failed(mine), await failed(mine)]
    const verdicts = await purgeRowsOnly(db, { instanceIds: [kept], incarnation: mine, by: 'alice' })
    t.equal(verdicts.get(kept)?.kind, 'marked')
    t.same(await rowsOf(db, kept), { instances: 0, executions: 0, steps: 0, partitions: 0 })
    await markPurges(db, { instanceIds: [gone], incarnation: mine, by: 'alice' })
    await deletePurged(db, { instanceIds: [gone], incarnation: mine })
    t.same(await findKeptLogs(db, kept, gone), [kept])
    t.equal(
      (await purgeRowsOnly(db, { instanceIds: [kept], incarnation: mine, by: 'alice' })).get(kept)?.kind,
      'unknown'
    )
  }
)

t.test('the text of a JSL goes when no instance names it and nobody used it for a day', async t => {
  const mine = await server(db)
  const instanceId = await failed(mine)
  await rows(db, `update job_xml set last_used = last_used - interval '25 hours'`)
  t.equal(await removeUnusedJobXMLs(db), 0, 'it is named')
  const ids = await rows<{ id: number }>(
    db,
    `select instance_id as id from job_instance where instance_id <= :instanceId`,
    { instanceId }
  )
  await rows(db, 'truncate unit')
  const instanceIds = ids.map(({ id }) => id)
  await rows(db, `update job_instance set instance_state = 'FAILED', purge_incarnation = :mine`, { mine })
  await deletePurged(db, { instanceIds, incarnation: mine })
  await rows(db, `update job_xml set last_used = clock_timestamp()`)
  t.equal(await removeUnusedJobXMLs(db), 0, 'it was used today')
  await rows(db, `update job_xml set last_used = last_used - interval '25 hours'`)
  t.equal(await removeUnusedJobXMLs(db), 1)
})
