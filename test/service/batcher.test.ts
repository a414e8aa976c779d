// Calls that share a run: who goes with whom, and whose error is whose.
import t from 'tap'
import { createBatcher } from '../../src/service/batcher.ts'

t.test('E5 calls of one moment share a run, in order, and each gets its own result', async t => {
  const batches: number[][] = []
  const batcher = createBatcher<number, number>({
    size: 3,
    runs: 1,
    patienceMs: 0,
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
    patienceMs: 0,
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
    patienceMs: 0,
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

t.test('E5 another run begins only when the one under way takes its time', async t => {
  const batches: string[][] = []
  const waits = new Map([
    ['quick', Promise.withResolvers<void>()],
    ['slow', Promise.withResolvers<void>()]
  ])
  const batcher = createBatcher<string, string>({
    size: 64,
    runs: 2,
    patienceMs: 50,
    run: async items => {
      batches.push([...items])
      await waits.get(items[0]!)?.promise
      return items
    }
  })
  const quick = batcher.add('quick')
  await Promise.resolve()
  const after = [batcher.add('a'), batcher.add('b')]
  await Promise.resolve()
  t.same(batches, [['quick']], 'those that come meanwhile wait for it')
  waits.get('quick')!.resolve()
  await Promise.all([quick, ...after])
  t.same(batches, [['quick'], ['a', 'b']], 'and go together')

  const slow = batcher.add('slow')
  await Promise.resolve()
  t.equal(await batcher.add('c'), 'c', 'one that takes its time keeps nobody')
  waits.get('slow')!.resolve()
  t.equal(await slow, 'slow')
  t.same(batches.slice(2), [['slow'], ['c']])
})
