import t from 'tap'
import { keyRanges } from '../../../src/applications/built-in/key-range-mapper.ts'

t.test('ranges have no gap, no overlap and sizes that differ by one at most', async t => {
  for (const [min, max, most] of [
    [1, 10, 3],
    [-5, 5, 4],
    [0, 0, 9],
    [7, 9, 100],
    [-100, 1000, 7]
  ] as const) {
    const ranges = keyRanges(String(min), String(max), most)
    t.equal(ranges.length, Math.min(most, max - min + 1))
    const keys = ranges.flatMap(({ from, to }) =>
      Array.from({ length: Number(to) - Number(from) + 1 }, (_, n) => Number(from) + n)
    )
    t.same(
      keys,
      Array.from({ length: max - min + 1 }, (_, n) => min + n)
    )
    const sizes = ranges.map(({ from, to }) => Number(to) - Number(from))
    t.ok(Math.max(...sizes) - Math.min(...sizes) <= 1)
  }
})

t.test('keys may be beyond 2^53, or days', async t => {
  t.same(keyRanges('9223372036854775800', '9223372036854775807', 2), [
    { from: '9223372036854775800', to: '9223372036854775803' },
    { from: '9223372036854775804', to: '9223372036854775807' }
  ])
  t.same(keyRanges('2024-02-28', '2024-03-01', 2), [
    { from: '2024-02-28', to: '2024-02-29' },
    { from: '2024-03-01', to: '2024-03-01' }
  ])
})

t.test('no key is no range, and what is no key is refused', async t => {
  t.same(keyRanges('2', '1', 4), [])
  for (const [min, max] of [
    ['a', '1'],
    ['1', '1.5'],
    ['2026-02-30', '2026-03-01'],
    ['1', '2026-03-01'],
    ['', '1']
  ] as const)
    t.throws(() => keyRanges(min, max, 2), /must be a whole number or a day|not keys of one kind/)
})
