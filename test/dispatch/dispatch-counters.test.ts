import t from 'tap'
import { DispatchCounters } from '../../src/dispatch/dispatch-counters.ts'

t.test('a duration stands in the bucket of the first bound that is not below it, or in none', async t => {
  const counters = new DispatchCounters()
  for (const seconds of [0.01, 0.011, 7, 1e6]) counters.executionEnded('FAILED', seconds)
  const { durations, durationBounds } = counters.figures()
  const { counts, count, sum } = durations.FAILED!
  t.same(
    counts.flatMap((of, at) => (of === 0 ? [] : [[durationBounds[at], of]])),
    [
      [0.01, 1],
      [0.05, 1],
      [10, 1]
    ]
  )
  t.equal(count, 4)
  t.equal(sum, 0.01 + 0.011 + 7 + 1e6)
  t.equal(durations.COMPLETED, undefined)
})

t.test('what is counted adds up, and figures once given do not change', async t => {
  const counters = new DispatchCounters()
  counters.claimed(3)
  counters.chunks({ committed: 5, rolledBack: 1 })
  counters.executionEnded('STOPPED', 1)
  const before = counters.figures()
  counters.claimed(1)
  counters.chunks({ committed: 1, rolledBack: 0 })
  counters.executionEnded('STOPPED', 1)
  counters.fenced()
  counters.crashed()
  counters.threadsAre(() => ({ live: 4, idle: 1 }))
  t.match(before, { claims: 3, chunks: { committed: 5, rolledBack: 1 }, fences: 0, crashes: 0 })
  t.equal(before.durations.STOPPED!.count, 1)
  t.match(counters.figures(), {
    claims: 4,
    chunks: { committed: 6, rolledBack: 1 },
    fences: 1,
    crashes: 1,
    threads: { live: 4, idle: 1 }
  })
})
