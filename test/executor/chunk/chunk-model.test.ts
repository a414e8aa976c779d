// Random errors, stops, lost claims and restarts over one input: whatever happens, each item is written, filtered or skipped
// exactly once, the counters say so, and the limits hold. Every trace of an item goes through the chunk's connection.
import fc from 'fast-check'
import t from 'tap'
import { type Metrics, noMetrics } from '../../../src/batch/metrics.ts'
import { Fenced } from '../../../src/executor/unit-port.ts'
import type { RecordedChunkTransactions } from './recorded-chunk-transactions.ts'
import { all, type Artifact, RecordedStep } from './recorded-step.ts'

const OPERATIONS = ['read', 'process', 'write', 'commit'] as const
/** The error's name says what the step may do with it. */
const KINDS = [
  'Skip',
  'Retry',
  'SkipOrRetry',
  'RetryInPlace',
  'SkipOrRetryInPlace',
  'Fatal',
  'stop',
  'fence'
] as const

interface Fault {
  /** It happens at the call of this number, over all operations and restarts. */
  readonly at: number
  readonly kind: (typeof KINDS)[number]
}

interface World {
  readonly count: number
  readonly itemCount: number
  readonly skipLimit: number | null
  readonly retryLimit: number | null
  readonly custom: boolean
  readonly faults: readonly Fault[]
}

const limit = fc.option(fc.nat({ max: 3 }))
const world: fc.Arbitrary<World> = fc.record({
  count: fc.nat({ max: 14 }),
  itemCount: fc.integer({ min: 1, max: 6 }),
  skipLimit: limit,
  retryLimit: limit,
  custom: fc.boolean(),
  faults: fc.uniqueArray(fc.record({ at: fc.nat({ max: 60 }), kind: fc.constantFrom(...KINDS) }), {
    maxLength: 8,
    selector: fault => fault.at
  })
})

/** Throws, stops or fences where a fault is due; each fault happens once. */
class Faults {
  #calls = 0
  readonly #faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    this.#faults = faults
  }

  next(operation: (typeof OPERATIONS)[number], step: RecordedStep): Error | null {
    const due = this.#faults.find(fault => fault.at === this.#calls)
    this.#calls++
    if (!due) return null
    if (due.kind === 'stop') step.stop.request('stop')
    else if (due.kind === 'fence') step.transactions.fenced = true
    // What a failed commit skips takes the traces of filtered and skipped items with it: not in this model.
    else if (operation === 'commit' && due.kind.startsWith('Skip')) return null
    else return Object.assign(new Error(operation), { name: due.kind })
    return null
  }

  check(operation: (typeof OPERATIONS)[number], step: RecordedStep): void {
    const error = this.next(operation, step)
    if (error) throw error
  }
}

function artifacts(world: World, faults: Faults, step: () => RecordedStep) {
  const trace = async (kind: string, items: readonly number[]) => {
    for (const item of items) await step().transactions.connection.query('insert', [`${kind}${item}`])
  }
  let last = 0
  let ended = false
  const reader: Artifact = {
    open: (checkpoint: { last: number } | null) => {
      last = checkpoint?.last ?? 0
      ended = false
    },
    readItem: () => {
      if (ended) throw new Error('read after the end')
      faults.check('read', step())
      ended = last === world.count
      return ended ? null : ++last
    },
    checkpointInfo: () => ({ last }),
    close: () => {}
  }
  const processor: Artifact = {
    processItem: async (item: number) => {
      if (item % 4 === 0) await trace('f', [item])
      faults.check('process', step())
      return item % 4 === 0 ? null : item
    }
  }
  const writer: Artifact = {
    writeItems: async (items: number[]) => {
      while (items.length > 0) await trace('w', items.splice(0, 1))
      faults.check('write', step())
    },
    close: () => {}
  }
  const listener: Artifact = {
    beforeChunk: () => {},
    onError: () => {},
    afterChunk: () => {
      const error = faults.next('commit', step())
      if (error) step().transactions.commitErrors.push(error)
    },
    // The read that would have found the end has no item to lose.
    onSkipReadItem: () => (last < world.count ? trace('r', [++last]) : undefined),
    onSkipProcessItem: (item: number) => trace('p', [item]),
    onSkipWriteItem: (items: number[]) => trace('s', items),
    onRetryReadException: () => {},
    onRetryProcessException: () => {},
    onRetryWriteException: () => {}
  }
  return { reader, processor, writer, listeners: [listener] }
}

function newStep(world: World, faults: Faults, before: RecordedChunkTransactions | null, metrics: Metrics) {
  let asked = 0
  const algorithm: Artifact = { isReadyToCheckpoint: () => ++asked % world.itemCount === 0 }
  const step: RecordedStep = new RecordedStep({
    ...artifacts(world, faults, () => step),
    ...(world.custom ? { algorithm } : {}),
    chunk: {
      itemCount: world.itemCount,
      skipLimit: world.skipLimit,
      retryLimit: world.retryLimit,
      skippable: all('Skip', 'SkipOrRetry', 'SkipOrRetryInPlace'),
      retryable: all('Retry', 'SkipOrRetry', 'RetryInPlace', 'SkipOrRetryInPlace'),
      noRollback: all('RetryInPlace', 'SkipOrRetryInPlace')
    },
    state: { ...before?.checkpoint, metrics }
  })
  step.transactions.rows = [...(before?.rows ?? [])]
  step.transactions.checkpoint = before?.checkpoint ?? null
  return step
}

const countOf = (step: RecordedStep, pattern: RegExp) => step.calls.filter(call => pattern.test(call)).length
const kindsOf = (rows: readonly unknown[], kinds: string) =>
  rows.filter(row => kinds.includes(String(row).charAt(0))).length

/** What must be true of one execution that was not ended by a lost claim. */
function checkExecution(world: World, step: RecordedStep, rowsBefore: number, began: Metrics): void {
  const { metrics } = step.scope.stepContext
  const rows = step.transactions.rows.slice(rowsBefore)
  const grown = (name: keyof Metrics) => metrics[name] - began[name]
  const skips = countOf(step, /^onSkip/)
  const equal = (found: number, wanted: number, what: string) => {
    if (found !== wanted) throw new Error(`${what}: ${found}, not ${wanted}`)
  }
  equal(grown('WRITE_COUNT'), kindsOf(rows, 'w'), 'WRITE_COUNT')
  equal(grown('FILTER_COUNT'), kindsOf(rows, 'f'), 'FILTER_COUNT')
  equal(grown('READ_COUNT'), kindsOf(rows, 'wfps'), 'READ_COUNT')
  equal(grown('COMMIT_COUNT'), step.scope.chunk.chunkNumber === 0 ? 0 : step.collected.length, 'COMMIT_COUNT')
  equal(grown('ROLLBACK_COUNT'), countOf(step, /^onError$/), 'ROLLBACK_COUNT')
  equal(countOf(step, /^beforeChunk$/), grown('COMMIT_COUNT') + grown('ROLLBACK_COUNT'), 'chunks')
  equal(grown('READ_SKIP_COUNT') + grown('PROCESS_SKIP_COUNT') + grown('WRITE_SKIP_COUNT'), skips, 'skips')
  equal(countOf(step, /open$/), countOf(step, /r\.close$/), 'reader opened and closed')
  if (step.transactions.open) throw new Error('a transaction was left open')
  const spent = began.READ_SKIP_COUNT + began.PROCESS_SKIP_COUNT + began.WRITE_SKIP_COUNT + skips
  if (world.skipLimit !== null && skips > 0 && spent > world.skipLimit) throw new Error('skip-limit exceeded')
  const retries = countOf(step, /^onRetry/)
  if (world.retryLimit !== null && retries > world.retryLimit) throw new Error('retry-limit exceeded')
}

/** Runs and restarts until the step is completed; answers what was committed. */
async function untilCompleted(world: World): Promise<readonly unknown[]> {
  const faults = new Faults(world.faults)
  let before: RecordedChunkTransactions | null = null
  let began = noMetrics()
  // Each execution that does not complete has used up a fault.
  for (let execution = 0; execution <= world.faults.length; execution++) {
    const step = newStep(world, faults, before, began)
    const rowsBefore = step.transactions.rows.length
    const end = await step.run().catch((error: unknown) => {
      if (error instanceof Fenced) return { kind: 'fenced' } as const
      throw error
    })
    if (end.kind !== 'fenced') checkExecution(world, step, rowsBefore, began)
    if (end.kind === 'failed' && !KINDS.includes(end.error.name as Fault['kind'])) throw end.error
    if (end.kind === 'stopped' && !step.stop.requested) throw new Error('stopped without being asked to')
    if (end.kind === 'completed') return step.transactions.rows
    before = step.transactions
    // A lost claim: the same execution goes on, with the counters that were stored. Else a restart begins at 0.
    began = end.kind === 'fenced' ? (before.checkpoint?.metrics ?? noMetrics()) : noMetrics()
  }
  throw new Error('it never completes')
}

t.test('each item is written, filtered or skipped exactly once, whatever fails on the way', async t => {
  await fc.assert(
    fc.asyncProperty(world, async world => {
      const rows = await untilCompleted(world)
      const items = rows.map(row => Number(String(row).slice(1)))
      const wanted = Array.from({ length: world.count }, (_, index) => index + 1)
      const found = items.toSorted((a, b) => a - b)
      if (found.join() !== wanted.join()) throw new Error(`committed ${rows.join()}`)
      const written = rows.filter(row => String(row).startsWith('w')).map(row => Number(String(row).slice(1)))
      if (written.some((item, index) => index > 0 && item < (written[index - 1] ?? 0)))
        throw new Error('order')
    }),
    { numRuns: 5000, plugins: [fc.timeout(10_000)] }
  )
  t.pass('5000 worlds')
})
