// Locks are taken in one order everywhere: jobs that share several caps submit, stop and end at once without a deadlock.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { stopExecution } from '../../src/store/stops.ts'
import { endUnitFromOutside } from '../../src/store/subtrees.ts'
import { createDatabase } from '../support/database.ts'
import { claim, server, start, submitted } from './repository.ts'

const { db } = await createDatabase(t)

const CAPS = [
  { key: 'key:a', limit: 40 },
  { key: 'key:b', limit: 40 },
  { key: 'key:c', limit: 40 }
]

t.test('E1 caps are locked in key order whoever comes, so that nobody waits in a ring', async t => {
  const mine = await server(db)
  const before = await deadlocks()
  for (let round = 0; round < 10; round++) {
    // Each names the same caps in an order of its own.
    await Promise.all(
      Array.from({ length: 6 }, (_, at) =>
        submitted(db, { caps: [...CAPS.slice(at % 3), ...CAPS.slice(0, at % 3)] })
      )
    )
    const units = await claim(db, mine)
    await start(db, units)
    const end = { batchStatus: 'FAILED', reason: 'tested', flowOutcome: null } as const
    await Promise.all([
      ...units.slice(0, 3).map(unit => endUnitFromOutside(db, unit, end)),
      ...units.slice(3).map(async unit => {
        await stopExecution(db, { executionId: unit.executionId, by: 'tester', reason: 'tested' })
        await endUnitFromOutside(db, unit, { ...end, batchStatus: 'STOPPED' })
      }),
      ...Array.from({ length: 3 }, () => submitted(db, { caps: CAPS.toReversed() }))
    ])
    const late = await claim(db, mine)
    await start(db, late)
    await Promise.all(late.map(unit => endUnitFromOutside(db, unit, end)))
  }
  t.equal((await deadlocks()) - before, 0)
  t.same(await rows(db, 'select key, running from cap order by key'), [
    { key: 'key:a', running: 0 },
    { key: 'key:b', running: 0 },
    { key: 'key:c', running: 0 }
  ])
  t.same(await rows(db, 'select unit_id from unit'), [])
})

async function deadlocks(): Promise<number> {
  // A session's own counts are sent at its end, or when asked for.
  await rows(db, 'select pg_stat_force_next_flush()')
  const [row] = await rows<{ deadlocks: number }>(
    db,
    'select deadlocks from pg_stat_database where datname = current_database()'
  )
  return row!.deadlocks
}
