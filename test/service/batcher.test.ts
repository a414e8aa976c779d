// Calls that share a run: who goes with whom, and whose error is whose.
import t from 'tap'
import { createBatcher } from '../../src/service/batcher.ts'

t.test('E5 calls of one moment share a run, in order, and each gets its own result', async t => {
  const batches: number[][] = []
  const batcher = createBatcher<number, number>({
    size: 3,
    runs: 1,
    run: async items => {
      batches.push([...items])
      return items.map(item => item * 10)
    }
  })
  t.same(await Promise.all([1, 2, 3, 4].map(item => batcher.add(item))), [10, 20, 30, 40])
  t.same(batches, [[1, 2, 3], [4]])
})

t.test('E5 a batch that fails is done again one by one, and only the bad one fails', async t => {
  const batcher = createBatcher<number, number>({
    size: 64,
    runs: 2,
    run: async items => {
      if (items.includes(2)) throw new Error(`2 is bad among ${items.length}`)
      return items
    }
  })
  const results = await Promise.allSettled([1, 2, 3].map(item => batcher.add(item)))
  t.match(results, [{ value: 1 }, { reason: { message: '2 is bad among 1' } }, { value: 3 }])
})

t.test('E5 two with the same key are never under way together', async t => {
  let underWay = 0
  let most = 0
  const batches: string[][] = []
  const batcher = createBatcher<string, string>({
    size: 64,
    runs: 2,
    keysOf: item => [item[0]!],
    run: async items => {
      batches.push([...items])
      underWay++
      most = Math.max(most, underWay)
      await new Promise(resolve => setImmediate(resolve))
      underWay--
      return items
    }
  })
  t.same(await Promise.all(['a1', 'a2', 'b1', 'a3'].map(item => batcher.add(item))), ['a1', 'a2', 'b1', 'a3'])
  for (const batch of batches) t.equal(new Set(batch.map(item => item[0])).size, batch.length, batch.join())
  t.ok(most <= 2)
})
