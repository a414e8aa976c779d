// Claims on real PostgreSQL: who is taken first, and that nobody is taken twice.
import t from 'tap'
import { SYSTEM_APPLICATION } from '../../src/batch/system-batch.ts'
import { rows } from '../../src/store/database.ts'
import { markDead } from '../../src/store/incarnations.ts'
import { admitDelayedUnits, claimUnits, releaseUnits } from '../../src/store/units.ts'
import { createDatabase } from '../support/database.ts'
import {
  APPLICATION,
  claim,
  claimOf,
  running,
  server,
  statusesOf,
  submitted,
  withPartitions
} from './repository.ts'

const { db } = await createDatabase(t)

t.afterEach(async () => {
  await rows(db, 'truncate unit, incarnation')
})

t.test('E3 a claim takes children first, then by priority, then by age', async t => {
  const mine = await server(db)
  const parent = await running(db, mine)
  const old = await submitted(db)
  const low = await submitted(db, { priority: 0 })
  const high = await submitted(db, { priority: 9 })
  const young = await submitted(db)
  await withPartitions(db, parent, mine, 2)
  const claimed = await claim(db, mine)
  t.same(
    claimed.map(unit => (unit.kind === 'execution' ? unit.unitId : unit.kind)),
    ['partition', 'partition', high.unitId, old.unitId, young.unitId, low.unitId]
  )
  t.same(
    claimed.map(unit => unit.epoch),
    [1, 1, 1, 1, 1, 1]
  )
})

t.test('E3 a claim takes no more than its limit, and the most urgent ones', async t => {
  const mine = await server(db)
  await submitted(db)
  const urgent = await submitted(db, { priority: 5 })
  t.same(
    (await claim(db, mine, 1)).map(unit => unit.unitId),
    [urgent.unitId]
  )
})

t.test('E10 a claim for children only leaves executions to the others', async t => {
  const mine = await server(db)
  const parent = await running(db, mine)
  await submitted(db, { priority: 9 })
  await withPartitions(db, parent, mine, 1)
  const only = { incarnation: mine, applications: [APPLICATION], limit: 9, childrenOnly: true }
  t.match(await claimUnits(db, only), [{ kind: 'partition' }])
  t.same(await claimUnits(db, only), [])
})

t.test('E3 a claim does not wait for units that another one has locked', async t => {
  const [mine, other] = [await server(db), await server(db)]
  const first = await submitted(db)
  const second = await submitted(db)
  await db.transaction(async trx => {
    t.same(
      (await claim(trx, mine, 1)).map(unit => unit.unitId),
      [first.unitId]
    )
    t.same(
      (await claim(db, other)).map(unit => unit.unitId),
      [second.unitId],
      'while the first claim is not committed'
    )
  })
})

t.test('E3 of many claimers at once each unit has exactly one', async t => {
  const servers = await Promise.all(Array.from({ length: 4 }, () => server(db)))
  for (let at = 0; at < 60; at++) await submitted(db)
  const claims = await Promise.all(Array.from({ length: 40 }, (_, at) => claim(db, servers[at % 4]!, 3)))
  while ((await claim(db, servers[0]!)).map(unit => claims[0]!.push(unit)).length > 0);
  const ids = claims.flat().map(unit => unit.unitId)
  t.equal(ids.length, 60)
  t.equal(new Set(ids).size, 60)
})

t.test('E3 a claim takes nothing of an application this server has not', async t => {
  const mine = await server(db)
  await submitted(db, { application: 'Elsewhere' })
  t.same(await claim(db, mine), [])
})

t.test(
  'E3 a server that is bound to groups takes their jobs, the server’s own, and what is marked for it',
  async t => {
    const [mine, other] = [await server(db), await server(db)]
    const bound = {
      incarnation: mine,
      applications: [APPLICATION, SYSTEM_APPLICATION],
      operationGroups: ['night', 'spare'],
      limit: 9
    }
    const parent = await running(db, other)
    await withPartitions(db, parent, mine, 1)
    await submitted(db, { operationGroups: ['day'] })
    await submitted(db)
    const night = await submitted(db, { operationGroups: ['day', 'night'] })
    const own = await submitted(db, { application: SYSTEM_APPLICATION })
    t.same(
      (await claimUnits(db, bound)).map(unit => (unit.kind === 'execution' ? unit.unitId : unit.kind)),
      ['partition', night.unitId, own.unitId]
    )
    t.equal((await claim(db, other)).length, 2, 'the others are for who is not bound')
  }
)

t.test(
  'E3 executions of what is at its cap on this server are left to others, their children are not',
  async t => {
    const [mine, other] = [await server(db), await server(db)]
    await withPartitions(db, await running(db, mine), mine, 1)
    const [heavy, elsewhere, light] = [
      await submitted(db, { jobName: 'heavy' }),
      await submitted(db, { application: 'Elsewhere' }),
      await submitted(db)
    ]
    const full = { jobs: ['heavy', 'tested2'], applications: ['Elsewhere'] }
    const applications = [APPLICATION, 'Elsewhere']
    t.same(
      (await claimUnits(db, { incarnation: mine, applications, limit: 9, full })).map(unit =>
        unit.kind === 'execution' ? unit.unitId : unit.kind
      ),
      ['partition', light.unitId]
    )
    t.same(
      (await claimUnits(db, { incarnation: other, applications, limit: 9 })).map(unit => unit.unitId),
      [heavy.unitId, elsewhere.unitId]
    )
  }
)

t.test('E3 a child marked for another incarnation is left to it', async t => {
  const [mine, other] = [await server(db), await server(db)]
  await withPartitions(db, await running(db, mine), mine, 1)
  t.same(await claim(db, other), [])
  t.equal((await claim(db, mine)).length, 1)
})

t.test('E3 without a live lease nothing is claimed', async t => {
  const [expired, dead, unknown] = [
    await server(db, 0),
    await server(db, 0),
    '00000000-0000-4000-8000-000000000000'
  ]
  t.ok(await markDead(db, dead, 'expired'))
  await rows(db, `update incarnation set expires = 'infinity' where incarnation = :dead`, { dead })
  const { executionId } = await submitted(db)
  for (const incarnation of [expired, dead, unknown]) t.same(await claim(db, incarnation), [])
  t.same(await statusesOf(db, executionId), ['READY'])
})

t.test('E4 what was claimed and not begun goes back, and an old epoch gives nothing back', async t => {
  const mine = await server(db)
  const { executionId } = await submitted(db)
  const [unit] = await claim(db, mine)
  await releaseUnits(db, [{ unitId: unit!.unitId, epoch: 0 }])
  t.same(await statusesOf(db, executionId), ['CLAIMED'])
  await releaseUnits(db, [claimOf(unit!)])
  t.same(await statusesOf(db, executionId), ['READY'])
  t.equal((await claim(db, mine))[0]!.epoch, 2)
})

t.test('E13 a unit with a delay waits until it is over', async t => {
  const mine = await server(db)
  const { executionId } = await submitted(db, { delaySeconds: 3600 })
  await admitDelayedUnits(db)
  t.same(await claim(db, mine), [])
  t.same(await statusesOf(db, executionId), ['WAITING'])
  await rows(db, `update unit set ready_time = clock_timestamp()`)
  t.equal(await admitDelayedUnits(db), 1)
  t.equal((await claim(db, mine)).length, 1)
})

t.test(
  'E4 a claim ahead takes more than can begin, but nothing while another server has a free thread',
  async t => {
    const mine = await server(db)
    for (let count = 0; count < 6; count++) await submitted(db)
    const ahead = { incarnation: mine, applications: [APPLICATION], limit: 1, ahead: 2 }
    t.equal((await claimUnits(db, ahead)).length, 3)
    const other = await server(db)
    await rows(db, 'update incarnation set free_threads = 1 where incarnation = :other', { other })
    t.equal((await claimUnits(db, ahead)).length, 1)
  }
)
