// Items a second of a chunk step whose reader, processor and writer do next to nothing: what the engine itself costs (DESIGN budget: 3 M).
// node bench/in-memory-chunk.ts [items] [item-count]
import { noMetrics } from '../src/batch/metrics.ts'
import { runChunkStep } from '../src/executor/chunk/run-chunk-step.ts'
import { JobContextState, StepContextState } from '../src/executor/contexts.ts'
import type { StepScope } from '../src/executor/step/step-scope.ts'
import { StopRequest } from '../src/executor/stop-request.ts'
import type { ChunkTransactions } from '../src/executor/unit-port.ts'
import type { ArtifactRef, Chunk } from '../src/jsl/job-model.ts'

const items = Number(process.argv[2] ?? 5_000_000)
const itemCount = Number(process.argv[3] ?? 1000)
const ROUNDS = 3

const done = Promise.resolve()
const transactions: ChunkTransactions = {
  connection: { query: () => Promise.reject(new Error('there is no database here')) },
  begin: () => done,
  savepoint: () => done,
  rollbackToSavepoint: () => done,
  releaseSavepoint: () => done,
  commit: () => Promise.resolve('committed'),
  rollback: () => done,
  release: () => done
}

function stepScope(of: Pick<Chunk, 'skippable'>): StepScope {
  let last = 0
  let sum = 0
  const artifacts: Record<string, object> = {
    reader: { readItem: () => (last < items ? ++last : null) },
    processor: { processItem: (item: number) => item + 1 },
    writer: { writeItems: (written: number[]) => (sum += written.length) }
  }
  const ref = (name: string): ArtifactRef => ({ ref: name, properties: {}, line: 1 })
  const none = { include: [], exclude: [] }
  const work: Chunk = {
    kind: 'chunk',
    checkpointPolicy: 'item',
    itemCount,
    timeLimit: 0,
    skipLimit: null,
    retryLimit: null,
    reader: ref('reader'),
    processor: ref('processor'),
    writer: ref('writer'),
    checkpointAlgorithm: null,
    retryable: none,
    noRollback: none,
    ...of
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

async function measure(what: string, of: Pick<Chunk, 'skippable'>): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const scope = stepScope(of)
    const begun = performance.now()
    const end = await runChunkStep(scope, {})
    const rate = scope.stepContext.metrics.READ_COUNT / (performance.now() - begun) / 1000
    console.log(`${what}, item-count ${itemCount}: ${rate.toFixed(1)} M items/s (${end.kind})`)
  }
}

await measure('in memory', { skippable: { include: [], exclude: [] } })
await measure('with skippable classes', { skippable: { include: ['SomeError'], exclude: [] } })
