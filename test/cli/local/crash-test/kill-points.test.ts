// Which checkpoints a crash test kills at.
import t from 'tap'
import { killPoints } from '../../../../src/cli/local/crash-test/kill-points.ts'

t.test('every checkpoint is a point, and the time before the first', async t => {
  t.same(killPoints(3, Infinity, 1), [0, 1, 2, 3])
  t.same(killPoints(3, 4, 1), [0, 1, 2, 3])
})

t.test('fewer are chosen by the seed: no point twice, in order, the same ones for the same seed', async t => {
  for (let seed = 0; seed < 200; seed++) {
    const points = killPoints(40, 7, seed)
    t.equal(new Set(points).size, 7)
    t.same(
      points,
      points.toSorted((one, other) => one - other)
    )
    t.ok(points.every(point => point >= 0 && point <= 40))
    t.same(killPoints(40, 7, seed), points)
  }
  t.not(String(killPoints(40, 7, 1)), String(killPoints(40, 7, 2)))
  t.same(killPoints(40, 0, 1), [])
})

t.test('over many seeds every point has its turn', async t => {
  const seen = new Set(Array.from({ length: 200 }, (_, seed) => killPoints(20, 2, seed)).flat())
  t.equal(seen.size, 21)
})
