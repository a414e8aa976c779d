// What the executor needs of the job repository while it runs one unit: the contract between a thread and its server.
// All methods but those of ChunkTransactions are answered by the server (group commit); a Fenced rejection of any of them
// means: this unit belongs to somebody else now, run no user code any more (no listener, no close), end the thread.
import type { ChunkConnection } from '../batch/artifacts.ts'
import type { EndStatus } from '../batch/batch-status.ts'
import type { StepExecution } from '../batch/job-records.ts'
import type { Metrics } from '../batch/metrics.ts'
import type { TimeLimit } from '../batch/time-limit.ts'
import type { UnitKind } from '../batch/unit-status.ts'
import type { SharedSpace } from '../joblog/log-space.ts'
import type { PreviousStep } from './previous-step.ts'
import type { StepPartitions, StoredPartition } from './step/partition-plan.ts'

/** Thrown by every port method when the unit's claim is not ours any more (ENGINE E9). */
export class Fenced extends Error {
  override readonly name: string = 'Fenced'
}

/** Thrown where a unit yields (ENGINE E12): as Fenced it passes all job code by; the unit goes on later from what is stored. */
export class Yielded extends Fenced {
  constructor() {
    super('the unit yields its thread')
  }
}

/** Everything a thread must know to run a unit; posted as it is (structured clone). */
export interface UnitOrder {
  readonly unitId: number
  readonly epoch: number
  readonly seq: number
  readonly kind: UnitKind
  readonly instanceId: number
  readonly executionId: number
  readonly jobName: string
  readonly jsl: string
  /** The JSL came with a request: built-in artifacts do for it what the allow-lists say, and no more. */
  readonly inline: boolean
  readonly jobParameters: Readonly<Record<string, string>>
  /** What is in the names of parameters that the log masks; absent = the usual. */
  readonly secretWords?: readonly string[]
  readonly systemProperties: Readonly<Record<string, string>>
  /** The application's folder. */
  readonly application: { readonly name: string; readonly directory: string }
  /** Element to begin at: the `restart` of the stop element that ended the previous execution (JSR-352 §10.8). */
  readonly restartOn: string | null
  /** Latest state of each step of the instance; empty for a first execution. */
  readonly previousSteps: readonly PreviousStep[]
  /** This execution was interrupted (recovery under `resume`, or a yield) and goes on: beforeJob is not repeated. */
  readonly resumed: boolean
  /** Directory of this unit's job log, absolute, with `/` at the end; the executor adds nothing to it. */
  readonly logDirectory: string
  /** Number of the last part that was written to its job log, maybe on another server's disk; absent = none. */
  readonly logPartsBefore?: number
  /** What its job log may still grow by: counters in shared memory, or to be `asked` of the server; absent = no limit. */
  readonly logSpace?: SharedSpace | 'asked' | null
  readonly timeZone: string
  /** kind `flow`: which one; ids of its split and of the flow. */
  readonly flow: { readonly split: string; readonly flow: string } | null
  /** kind `partition`. */
  readonly partition: PartitionOrder | null
  /** A step that was started with the unit: what startStep of it gives; absent or `null` = none. */
  readonly firstStep?: FirstStep | null
}

export interface FirstStep {
  readonly stepName: string
  readonly started: StartedStep
}

export interface PartitionOrder {
  readonly stepExecutionId: number
  readonly stepName: string
  readonly partitionNumber: number
  readonly planProperties: Readonly<Record<string, string>>
  readonly state: StepState
  /** Any server may run it: what goes for its data on another server goes for it here. */
  readonly remote?: boolean
  /** Its parent is at work on another server: collector data go through the job repository, with the chunks' commits. */
  readonly elsewhere?: boolean
}

/** What a step (or a partition of it) goes on with. */
export interface StepState {
  readonly persistentUserData: unknown
  readonly readerCheckpoint: unknown
  readonly writerCheckpoint: unknown
  /** Chunks committed so far, over all executions of the instance. */
  readonly chunkNumber: number
  /** Counters so far: all 0 but under resume and yield, where the step execution goes on. */
  readonly metrics: Metrics
}

export interface StartedStep {
  readonly stepExecutionId: number
  readonly state: StepState
  /** Partitions stored for it, as planned by the latest attempt this one goes on from; `null` if none are stored. */
  readonly partitions: readonly StoredPartition[] | null
}

export interface StartStep {
  readonly stepName: string
  /**
   * fresh: from the beginning (never run, or COMPLETED and allowed again: persistent user data of the latest attempt is
   * loaded, checkpoints and partitions are not). continue: from checkpoint, data and partitions of the latest attempt.
   */
  readonly mode: 'fresh' | 'continue'
  /** Of the unit's job context; kept with the step, in case the execution is interrupted. */
  readonly jobExitStatus: string | null
  /** The server keeps it: a busy thread has no timers. `chunks`: it has checkpoints, at which it can yield. */
  readonly timeLimit?: TimeLimit
  readonly chunks?: true
}

export interface EndStep {
  readonly stepExecutionId: number
  readonly batchStatus: EndStatus
  readonly exitStatus: string
  /** Of the unit's job context, as for StartStep. */
  readonly jobExitStatus: string | null
  readonly persistentUserData: unknown
  /** Why it failed (error with its causes), ≤ 64 KiB; `null` when it did not. */
  readonly message: string | null
  /** The counters of a step without partitions; `null` = leave them (partitions are summed by the repository). */
  readonly metrics: Metrics | null
  /** The unit ends with it, and no job code runs between the two: both are stored in one commit, at the unit's end. */
  readonly endsUnit?: boolean
}

/** What a child (partition or flow) came to. `payload` of a flow: see FlowOutcome. */
export type ChildEvent =
  | { readonly kind: 'collected'; readonly partitionNumber: number; readonly data: unknown }
  | {
      readonly kind: 'partitionEnded'
      readonly partitionNumber: number
      readonly batchStatus: EndStatus
      readonly exitStatus: string
      /** The error that it ended with, or what ended it from outside. */
      readonly message: string | null
      /** A stop came before it began: no thread ran it. */
      readonly neverBegan: boolean
    }
  | { readonly kind: 'flowEnded'; readonly flow: string; readonly outcome: FlowOutcome }
  /** The child gave its thread back, or never had one, because the execution yields; it runs again with its parent. */
  | { readonly kind: 'yielded'; readonly partitionNumber: number | null; readonly flow: string | null }

/** How a flow of a split ended. */
export interface FlowOutcome {
  readonly batchStatus: EndStatus
  /** The exit-status attribute of the element that ended the job in here, and becomes the job's; else `null` (§9.4.1.1). */
  readonly exitStatus: string | null
  /** A terminating element or an unhandled error ended the job inside the flow (JSR-352 §8.9.4). */
  readonly terminated: boolean
  /** `restart` of the stop element, if one ended it. */
  readonly restartOn: string | null
  /** Step executions a decision after the split is given for this flow (§17); the last one(s) executed. */
  readonly lastStepExecutionIds: readonly number[]
}

/** How a unit ended, told to the server by the thread; the server writes it in one guarded transaction. */
export interface UnitOutcome {
  readonly batchStatus: EndStatus
  /** kind execution: the job's exit status, `null` = default to the batch status that is written. */
  readonly exitStatus: string | null
  readonly restartOn: string | null
  /** kind flow. */
  readonly flow: FlowOutcome | null
  /** kind partition: persistent user data and counters as they stand at its end. */
  readonly partition: {
    readonly persistentUserData: unknown
    readonly metrics: Metrics
    readonly message: string | null
  } | null
  /** Why, where the engine and not the job decided (start limit, loop, a fault …); storable, ≤ 64 KiB. */
  readonly reason: string | null
}

export interface UnitPort {
  /** Inserts the step execution, STARTED. Its start counts towards start-limit. Under resume the interrupted row goes on. */
  startStep(step: StartStep): Promise<StartedStep>
  /** What was stored (of one with `endsUnit`: will be, but for a stop that comes now): a step that would be COMPLETED and finds a stop requested ends STOPPED, and the job with it (E11). */
  endStep(step: EndStep): Promise<EndStatus>
  /**
   * Stores the plan and its partitions in one transaction (all rows, STARTING; finished ones of the attempt that this one
   * continues are carried over and not run again) and makes the first of them run. `override`: earlier partitions are
   * discarded. At most `threads` (0 = all) are at work at one time; later ones begin as earlier ones end.
   * Their ends, and what their collectors gave, come from nextChildEvent. `multiJVM`: other servers may run them too; `null` =
   * if there are any.
   */
  startPartitions(plan: StepPartitions): Promise<void>
  startFlows(split: string, flows: readonly string[]): Promise<void>
  /** The next event of a child of this unit, in order: all data of a partition before its end. */
  nextChildEvent(): Promise<ChildEvent>
  /** kind partition: hands collector data (cloneable) to the parent's analyzer, in order. `elsewhere`: of the partition's end. */
  sendCollected(data: unknown): Promise<void>
  /** kind partition, `elsewhere`: data stand with a chunk that committed, and whoever runs the parent is to be told. */
  collectedStands(): void
  stepExecutions(stepExecutionIds: readonly number[]): Promise<readonly StepExecution[]>
  /** Has the server do a task of its own batches (batch/system-batch.ts). */
  systemTask(task: Readonly<Record<string, string>>): Promise<string>
  /** Indexes a job log part; never fails the job. */
  partOpened(relativePath: string): void
  /** The chunk transactions of one target: the same object each time while the unit runs. */
  chunks(target: ChunkTarget): Promise<ChunkTransactions>
}

/** Whose row a chunk's checkpoint is written to. */
export type ChunkTarget =
  | { readonly kind: 'step'; readonly stepExecutionId: number }
  | { readonly kind: 'partition'; readonly stepExecutionId: number; readonly partitionNumber: number }

/** What is stored with each chunk (ENGINE E9). Values are serialised at once: artifacts reuse their objects. */
export interface Checkpoint {
  readonly readerCheckpoint: unknown
  readonly writerCheckpoint: unknown
  readonly persistentUserData: unknown
  readonly chunkNumber: number
  readonly metrics: Metrics
  /** Collector data (v8.serialize, null = nothing) for an analyzer on another server; absent = none were collected. */
  readonly collected?: { readonly data: Uint8Array | null }
}

/**
 * The chunk transactions of one step execution or partition, on a connection of the thread. Lazy: no `begin` is sent until
 * the connection is used, so that a chunk whose artifacts do not use it is one round trip.
 */
export interface ChunkTransactions {
  readonly connection: ChunkConnection
  /** The connection went since `begin`: the chunk is done again from its checkpoint, without spending retry-limit (E9). */
  readonly lost?: boolean
  /** Opens the window in which `connection` may be used. `timeoutSeconds` 0 = none: the transaction is rolled back after it. */
  begin(timeoutSeconds: number): Promise<void>
  /** A savepoint around a call that may be skipped or retried without rollback; free when the connection was not used. */
  savepoint(): Promise<void>
  rollbackToSavepoint(): Promise<void>
  releaseSavepoint(): Promise<void>
  /**
   * Guarded commit. `stopping`: the chunk stands and a stop was requested. Throws Fenced, or the database's error (then
   * the transaction is rolled back: a failed commit is treated like a failed write, JSR-352 §8.2.1.4.1).
   */
  commit(checkpoint: Checkpoint | null): Promise<'committed' | 'stopping'>
  rollback(): Promise<void>
  /** Gives the connection back; the next begin takes one again. */
  release(): Promise<void>
}
