// Items a second of a chunk step whose reader, processor and writer do next to nothing: what the engine's own loop costs.
import { noMetrics } from '../src/batch/metrics.ts'
import { runChunkStep } from '../src/executor/chunk/run-chunk-step.ts'
import { JobContextState, StepContextState } from '../src/executor/contexts.ts'
import type { StepScope } from '../src/executor/step/step-scope.ts'
import { StopRequest } from '../src/executor/stop-request.ts'
import type { ChunkTransactions } from '../src/executor/unit-port.ts'
import type { ArtifactRef, Chunk } from '../src/jsl/job-model.ts'
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'

const RUNS = 5
const ITEM_COUNT = 1000
const NONE = { include: [], exclude: [] }

export const inMemoryChunk: Benchmark = {
  name: 'in-memory-chunk',
  about: `A chunk step without repository and thread, item-count ${ITEM_COUNT}; with skippable classes each call has a savepoint.`,
  minutes: 2,
  run
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const items = bench.quick ? 500_000 : 5_000_000
  await itemsPerSecond(items, NONE)
  const plain = await repeat(RUNS, () => itemsPerSecond(items, NONE))
  const skippable = await repeat(RUNS, () => itemsPerSecond(items, { include: ['SomeError'], exclude: [] }))
  return [
    { what: 'in memory', unit: 'M items/s', values: plain, budget: '≥ 3 M items/s' },
    { what: 'with skippable classes', unit: 'M items/s', values: skippable }
  ]
}

/** Millions. */
async function itemsPerSecond(items: number, skippable: Chunk['skippable']): Promise<number> {
  const scope = stepScope(items, skippable)
  const begun = performance.now()
  const end = await runChunkStep(scope, {})
  const read = scope.stepContext.metrics.READ_COUNT
  if (end.kind !== 'completed' || read !== items)
    throw new Error(`the step is ${end.kind} after ${read} items`)
  return read / (performance.now() - begun) / 1000
}

const done = Promise.resolve()
const transactions: ChunkTransactions = {
  connection: {
    query: () => Promise.reject(new Error('there is no database here')),
    copy: () => Promise.reject(new Error('there is no database here'))
  },
  begin: () => done,
  savepoint: () => done,
  rollbackToSavepoint: () => done,
  releaseSavepoint: () => done,
  commit: () => Promise.resolve('committed'),
  rollback: () => done,
  release: () => done
}

function stepScope(items: number, skippable: Chunk['skippable']): StepScope {
  let last = 0
  let sum = 0
  const artifacts: Record<string, object> = {
    reader: { readItem: () => (last < items ? ++last : null) },
    processor: { processItem: (item: number) => item + 1 },
    writer: { writeItems: (written: number[]) => (sum += written.length) }
  }
  const ref = (name: string): ArtifactRef => ({ ref: name, properties: {}, line: 1 })
  const work: Chunk = {
    kind: 'chunk',
    checkpointPolicy: 'item',
    itemCount: ITEM_COUNT,
    timeLimit: 0,
    skipLimit: null,
    retryLimit: null,
    reader: ref('reader'),
    processor: ref('processor'),
    writer: ref('writer'),
    checkpointAlgorithm: null,
    skippable,
    retryable: NONE,
    noRollback: NONE
  }
  const state = { persistentUserData: null, readerCheckpoint: null, writerCheckpoint: null, chunkNumber: 0 }
  const named = { stepName: 'step1', stepExecutionId: 1, properties: {} }
  return {
    step: { id: 'step1', properties: {}, work },
    jobContext: new JobContextState({ jobName: 'bench', instanceId: 1, executionId: 1, properties: {} }),
    stepContext: new StepContextState(named, { persistentUserData: null, metrics: noMetrics() }),
    port: { chunks: async () => transactions },
    stop: new StopRequest(),
    state: { ...state, metrics: noMetrics() },
    target: { kind: 'step', stepExecutionId: 1 },
    chunk: { instanceId: 1, stepName: 'step1', partitionNumber: null, chunkNumber: 0 },
    listeners: [],
    createArtifact: async (artifact: ArtifactRef) => artifacts[artifact.ref],
    log: console
  } as unknown as StepScope
}
