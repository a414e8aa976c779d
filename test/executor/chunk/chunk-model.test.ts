// Random errors, stops, lost claims and restarts over one input: whatever happens, each item is written, filtered or skipped
// exactly once, the counters say so, and the limits hold. Every trace of an item goes through the chunk's connection.
import fc from 'fast-check'
import t from 'tap'
import { type Metrics, noMetrics } from '../../../src/batch/metrics.ts'
import { Fenced } from '../../../src/executor/unit-port.ts'
import {
  artifacts,
  checkTraces,
  chunkOf,
  Faults,
  type Ground,
  KINDS,
  kindsOf,
  type World,
  worlds
} from './chunk-world.ts'
import type { RecordedChunkTransactions } from './recorded-chunk-transactions.ts'
import { type Artifact, RecordedStep } from './recorded-step.ts'

function newStep(world: World, faults: Faults, before: RecordedChunkTransactions | null, metrics: Metrics) {
  let asked = 0
  const algorithm: Artifact = { isReadyToCheckpoint: () => ++asked % world.itemCount === 0 }
  const ground: Ground = {
    trace: async rows => {
      for (const row of rows) await step.transactions.connection.query('insert', [row])
    },
    stop: () => step.stop.request('stop'),
    fence: () => void (step.transactions.fenced = true),
    failCommit: error => void step.transactions.commitErrors.push(error)
  }
  const step: RecordedStep = new RecordedStep({
    ...artifacts(world, faults, ground),
    ...(world.custom ? { algorithm } : {}),
    chunk: chunkOf(world),
    state: { ...before?.checkpoint, metrics }
  })
  step.transactions.rows = [...(before?.rows ?? [])]
  step.transactions.checkpoint = before?.checkpoint ?? null
  return step
}

const countOf = (step: RecordedStep, pattern: RegExp) => step.calls.filter(call => pattern.test(call)).length

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
    if (end.kind === 'failed' && !KINDS.includes(end.error.name as (typeof KINDS)[number])) throw end.error
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
    fc.asyncProperty(worlds, async world => {
      checkTraces(world, (await untilCompleted(world)) as string[])
    }),
    { numRuns: 5000, plugins: [fc.timeout(10_000)] }
  )
  t.pass('5000 worlds')
})
