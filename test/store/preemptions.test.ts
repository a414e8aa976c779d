// E12 who is asked to yield, and for what: pure decisions, and the same on real PostgreSQL with several servers.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { pauseExecution } from '../../src/store/pauses.ts'
import { askToYield, thoseToYield } from '../../src/store/preemptions.ts'
import { yieldUnit } from '../../src/store/resumptions.ts'
import { stopExecution } from '../../src/store/stops.ts'
import type { ClaimedUnit } from '../../src/store/units.ts'
import { createDatabase } from '../support/database.ts'
import { APPLICATION, claim, server, start, submitted, withPartitions } from './repository.ts'

const { db } = await createDatabase(t)

t.afterEach(async () => {
  await rows(db, 'truncate unit, incarnation')
})

t.test('E12 the least important ones yield, each only to something higher, and no more than needed', t => {
  const work = (...priorities: [number, number][]) =>
    priorities.map(([priority, threads], at) => ({ executionId: at + 1, priority, threads }))
  for (const [what, at, waiting, chosen] of [
    ['nothing waits', work([4, 1]), [], []],
    ['an equal one waits', work([4, 1]), [4], []],
    ['one waits', work([4, 1], [4, 1]), [5], [1]],
    ['the lowest first', work([4, 1], [2, 1], [3, 1]), [9], [2]],
    ['two wait', work([4, 1], [2, 1], [3, 1]), [9, 5], [2, 3]],
    ['one of two threads is enough for two', work([4, 2], [4, 2]), [9, 9], [1]],
    ['the second that waits is not above anybody', work([4, 1], [4, 1]), [9, 4], [1]],
    ['more wait than yield', work([1, 1]), [9, 8, 7], [1]]
  ] as const)
    t.same(thoseToYield(at, waiting), chosen, what)
  t.end()
})

async function preemptibleAt(incarnation: string, priority = 4): Promise<ClaimedUnit> {
  const { unitId } = await submitted(db, { priority, preemptible: true })
  const unit = (await claim(db, incarnation)).find(each => each.unitId === unitId)!
  await start(db, [unit])
  return unit
}

const ask = (incarnation: string, ...units: readonly ClaimedUnit[]) =>
  askToYield(db, {
    incarnation,
    applications: [APPLICATION],
    work: units.map(({ executionId }) => ({ executionId, threads: 1 }))
  })

t.test('E12 one waits, one is asked: not a second time, and no other one until it has yielded', async t => {
  const mine = await server(db)
  const [one, other] = [await preemptibleAt(mine), await preemptibleAt(mine)]
  t.match(one, { priority: 4, preemptible: true })
  t.same(await ask(mine, one, other), [], 'nothing waits')
  await submitted(db, { priority: 4 })
  t.same(await ask(mine, one, other), [], 'an equal one waits')
  await submitted(db, { priority: 5 })
  t.same(await ask(mine, one, other), [one.executionId])
  t.same(await ask(mine, one, other), [])
  t.equal(await yieldUnit(db, one), 'yielded')
  t.same(await ask(mine, other), [], 'a thread is free already')
  t.match((await claim(db, mine, 1))[0], { priority: 5 })
  t.match(
    (await claim(db, mine, 1))[0],
    { executionId: one.executionId, resumed: true },
    'the oldest is next'
  )
})

t.test('E12 whoever does not get to a checkpoint is not waited for', async t => {
  const mine = await server(db)
  const [one, other] = [await preemptibleAt(mine), await preemptibleAt(mine)]
  await submitted(db, { priority: 9 })
  t.same(await ask(mine, one, other), [one.executionId])
  await rows(
    db,
    `update unit set yield_requested_at = yield_requested_at - interval '6 s' where yield_requested_at is not null`
  )
  t.same(await ask(mine, other), [other.executionId])
})

t.test(
  'E12 several servers ask for one that waits once, and leave it a while to who may be free',
  async t => {
    const [mine, others] = [await server(db), await server(db)]
    const [here, there] = [await preemptibleAt(mine), await preemptibleAt(others)]
    const { unitId } = await submitted(db, { priority: 9 })
    t.same(await ask(mine, here), [], 'the other server may take it at once')
    await rows(db, `update unit set ready_time = ready_time - interval '1 s' where unit_id = :unitId`, {
      unitId
    })
    const asked = await Promise.all([ask(mine, here), ask(others, there)])
    t.equal(asked.flatMap(each => each ?? []).length, 1)
  }
)

t.test('E12 what waits for something else, or for other servers, makes nobody yield', async t => {
  const [mine, others] = [await server(db), await server(db)]
  const one = await preemptibleAt(mine)
  await submitted(db, { priority: 9, delaySeconds: 3600 })
  await submitted(db, { priority: 9, application: 'Elsewhere' })
  const { executionId } = await submitted(db, { priority: 9 })
  await pauseExecution(db, executionId, 'bob')
  const parent = await submitted(db, { priority: 9 })
  const unit = (await claim(db, others)).find(each => each.unitId === parent.unitId)!
  await start(db, [unit])
  await withPartitions(db, unit, others, 2)
  t.same(await ask(mine, one), [])
  t.same(
    await ask(others, { ...one, priority: 0 }),
    [one.executionId],
    'for its partitions, by who may run them'
  )
})

t.test('E12 what is STOPPING or pauses is not asked, and a stop of what was asked ends it', async t => {
  const mine = await server(db)
  const [stopped, paused, asked] = [
    await preemptibleAt(mine),
    await preemptibleAt(mine),
    await preemptibleAt(mine)
  ]
  for (let count = 0; count < 3; count++) await submitted(db, { priority: 9 })
  await stopExecution(db, { executionId: stopped.executionId, by: 'bob', reason: 'enough' })
  await pauseExecution(db, paused.executionId, 'bob')
  t.same(await ask(mine, stopped, paused, asked), [asked.executionId])
  await stopExecution(db, { executionId: asked.executionId, by: 'bob', reason: 'enough' })
  t.equal(await yieldUnit(db, asked), 'stopping')
})
