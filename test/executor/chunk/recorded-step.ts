// Makes a chunk step out of artifacts, runs it over recorded transactions and answers the order of all calls.
import { noMetrics } from '../../../src/batch/metrics.ts'
import { type ChunkStepEnd, runChunkStep } from '../../../src/executor/chunk/run-chunk-step.ts'
import { JobContextState, StepContextState } from '../../../src/executor/contexts.ts'
import type { StepScope } from '../../../src/executor/step/step-scope.ts'
import { StopRequest } from '../../../src/executor/stop-request.ts'
import type { StepState, UnitPort } from '../../../src/executor/unit-port.ts'
import type { ArtifactRef, Chunk, Step } from '../../../src/jsl/job-model.ts'
import type { Clock } from '../../../src/service/clock.ts'
import { RecordedChunkTransactions } from './recorded-chunk-transactions.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- the methods of artifacts are given as they come
export type Artifact = Record<string, (...args: any[]) => unknown>

export interface StepOf {
  readonly reader: Artifact
  readonly processor?: Artifact
  readonly writer?: Artifact
  readonly algorithm?: Artifact
  readonly listeners?: readonly Artifact[]
  readonly chunk?: Partial<Chunk>
  readonly properties?: Record<string, string>
  readonly state?: Partial<StepState>
  readonly clock?: Clock
}

const ref = (name: string): ArtifactRef => ({ ref: name, properties: {}, line: 1 })
const nothing = { include: [], exclude: [] }

export const all = (...include: string[]) => ({ include, exclude: [] })

/** Reads 1, 2, … `count`, from behind its checkpoint. */
export function countTo(count: number, more: Artifact = {}): Artifact {
  let last = 0
  return {
    open: (checkpoint: number | null) => void (last = checkpoint ?? 0),
    readItem: () => (last < count ? ++last : null),
    checkpointInfo: () => last,
    close: () => {},
    ...more
  }
}

export class RecordedStep {
  readonly calls: string[] = []
  readonly warnings: string[] = []
  readonly transactions = new RecordedChunkTransactions(this.calls)
  readonly stop = new StopRequest()
  readonly collected: boolean[] = []
  readonly scope: StepScope
  readonly #of: StepOf

  constructor(of: StepOf) {
    this.#of = of
    const state: StepState = {
      persistentUserData: null,
      readerCheckpoint: null,
      writerCheckpoint: null,
      chunkNumber: 0,
      metrics: noMetrics(),
      ...of.state
    }
    const properties = of.properties ?? {}
    const named = { stepName: 'step1', stepExecutionId: 1, properties }
    const log = {
      info: () => {},
      warn: (message: string) => void this.warnings.push(message),
      error: (message: string) => void this.warnings.push(message)
    }
    this.scope = {
      step: { ...STEP, properties, work: { ...CHUNK, ...of.chunk, ...refs(of) } },
      jobContext: new JobContextState({ jobName: 'job1', instanceId: 1, executionId: 1, properties: {} }),
      stepContext: new StepContextState(named, state),
      port: { chunks: async () => this.transactions } as unknown as UnitPort,
      stop: this.stop,
      state,
      target: { kind: 'step', stepExecutionId: 1 },
      partitionNumber: null,
      chunk: { instanceId: 1, stepName: 'step1', partitionNumber: null, chunkNumber: 0 },
      listeners: (of.listeners ?? []).map(listener => this.#record('', listener)),
      createArtifact: async (of: ArtifactRef) => this.#create(of.ref),
      log
    } as unknown as StepScope
  }

  run(): Promise<ChunkStepEnd> {
    const afterCheckpoint = async (wrote: boolean) => void this.collected.push(wrote)
    return runChunkStep(this.scope, { afterCheckpoint }, this.#of.clock)
  }

  /** Runs it and answers the calls, the last `release` left out. */
  async order(): Promise<string> {
    await this.run()
    return this.calls.filter(call => call !== 'release').join(' ')
  }

  #create(name: string): object {
    const artifact =
      name === 'writer' ? (this.#of.writer ?? { writeItems: () => {} }) : this.#artifacts()[name]
    if (!artifact) throw new Error(`nobody exports ${name}`)
    return this.#record(SHORT[name] ?? name, artifact)
  }

  #artifacts(): Record<string, Artifact | undefined> {
    return { reader: this.#of.reader, processor: this.#of.processor, algorithm: this.#of.algorithm }
  }

  #record(name: string, artifact: Artifact): Artifact {
    const recorded = Object.entries(artifact).map(([method, call]) => [
      method,
      (...args: unknown[]) => {
        this.calls.push(name === '' ? method : `${name}.${method}`)
        return call(...args)
      }
    ])
    return Object.fromEntries(recorded) as Artifact
  }
}

const SHORT: Record<string, string> = { reader: 'r', processor: 'p', writer: 'w', algorithm: 'a' }

function refs(of: StepOf): Partial<Chunk> {
  return {
    processor: of.processor ? ref('processor') : null,
    checkpointPolicy: of.algorithm ? 'custom' : 'item',
    checkpointAlgorithm: of.algorithm ? ref('algorithm') : null
  }
}

const CHUNK: Chunk = {
  kind: 'chunk',
  checkpointPolicy: 'item',
  itemCount: 10,
  timeLimit: 0,
  skipLimit: null,
  retryLimit: null,
  reader: ref('reader'),
  processor: null,
  writer: ref('writer'),
  checkpointAlgorithm: null,
  skippable: nothing,
  retryable: nothing,
  noRollback: nothing
}

const STEP: Step = {
  kind: 'step',
  id: 'step1',
  line: 1,
  startLimit: 0,
  allowStartIfComplete: false,
  next: null,
  properties: {},
  listeners: [],
  work: CHUNK,
  partition: null,
  transitions: []
}
