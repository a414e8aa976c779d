// Calls under way at one moment share one run: the shape of a group commit (ENGINE E5). Nothing waits while it is idle.

export interface Batcher<Item, Result> {
  /** Resolves with this item's result, rejects with this item's own error. */
  add(item: Item): Promise<Result>
}

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/**
 * `run` gets up to `size` items and gives their results in the same order; at most `runs` are under way, another one only when
 * the last to begin has taken `patienceMs`: calls that wait for a quick run go together in the next. Items that share a
 * key are never in one batch: the later waits for the next. A batch that fails is done again one by one, so that one bad
 * item harms no other.
 */
export function createBatcher<Item, Result>(options: {
  readonly size: number
  readonly runs: number
  readonly patienceMs: number
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>
  readonly keysOf?: (item: Item) => readonly (string | number)[]
}): Batcher<Item, Result> {
  const { size, runs, patienceMs, run, keysOf = () => [] } = options
  const waiting: Waiting<Item, Result>[] = []
  const keysUnderWay = new Set<string | number>()
  let underWay = 0
  let lastBegan = 0
  let impatient: NodeJS.Timeout | null = null
  let asked = false

  const takeBatch = () => {
    const batch: Waiting<Item, Result>[] = []
    for (let at = 0; at < waiting.length && batch.length < size;) {
      const keys = keysOf(waiting[at]!.item)
      if (keys.some(key => keysUnderWay.has(key))) {
        at++
        continue
      }
      for (const key of keys) keysUnderWay.add(key)
      batch.push(...waiting.splice(at, 1))
    }
    return batch
  }

  const runOneByOne = async (batch: readonly Waiting<Item, Result>[]) => {
    for (const { item, resolve, reject } of batch) {
      try {
        const [result] = await run([item])
        resolve(result as Result)
      } catch (error) {
        reject(error)
      }
    }
  }

  const runBatch = async (batch: readonly Waiting<Item, Result>[]) => {
    try {
      const results = await run(batch.map(({ item }) => item))
      for (const [at, { resolve }] of batch.entries()) resolve(results[at] as Result)
    } catch (error) {
      if (batch.length === 1) batch[0]!.reject(error)
      else await runOneByOne(batch)
    }
  }

  const pump = () => {
    while (underWay < runs && waiting.length > 0) {
      if (underWay > 0 && performance.now() - lastBegan < patienceMs) {
        impatient ??= setTimeout(() => {
          impatient = null
          pump()
        }, patienceMs)
        return
      }
      const batch = takeBatch()
      if (batch.length === 0) return
      underWay++
      lastBegan = performance.now()
      void runBatch(batch).finally(() => {
        underWay--
        for (const { item } of batch) for (const key of keysOf(item)) keysUnderWay.delete(key)
        pump()
      })
    }
  }

  return {
    add: item =>
      new Promise<Result>((resolve, reject) => {
        waiting.push({ item, resolve, reject })
        if (asked) return
        asked = true
        // Calls of one turn of the loop go together.
        queueMicrotask(() => {
          asked = false
          pump()
        })
      })
  }
}
