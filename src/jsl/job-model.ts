// The words of a parsed job (JSL): what readJob and resolveJob hand on, frozen and cloneable, so that it can be posted to a thread.
import type { TimeLimit } from '../batch/time-limit.ts'
import type { LateElement } from './job-source.ts'

/** A `<properties>` list after substitution, in document order; a later property of one name wins. */
export type Properties = Readonly<Record<string, string>>

/** A reference to an artifact: `ref` is the name an application exports, or a dotted class name; `line` is where it stands in the JSL. */
export interface ArtifactRef {
  readonly ref: string
  readonly properties: Properties
  readonly line: number
}

/** JSR-352 §8.9.1: tried in document order against the exit status, first match wins. */
export type Transition =
  | { readonly kind: 'next'; readonly on: string; readonly to: string }
  | { readonly kind: 'end'; readonly on: string; readonly exitStatus: string | null }
  | { readonly kind: 'fail'; readonly on: string; readonly exitStatus: string | null }
  | {
      readonly kind: 'stop'
      readonly on: string
      readonly exitStatus: string | null
      readonly restart: string | null
    }

export interface Batchlet {
  readonly kind: 'batchlet'
  readonly artifact: ArtifactRef
}

/** Include and exclude class names, as written; the most specific class of an error decides. */
export interface ExceptionClassFilter {
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

export interface Chunk {
  readonly kind: 'chunk'
  readonly checkpointPolicy: 'item' | 'custom'
  /** Items read per chunk, ≥ 1. */
  readonly itemCount: number
  /** Seconds; 0 = none. */
  readonly timeLimit: number
  /** `null` = unlimited; 0 = none allowed. */
  readonly skipLimit: number | null
  /** `null` = unlimited; 0 = none allowed. */
  readonly retryLimit: number | null
  readonly reader: ArtifactRef
  readonly processor: ArtifactRef | null
  readonly writer: ArtifactRef
  readonly checkpointAlgorithm: ArtifactRef | null
  readonly skippable: ExceptionClassFilter
  readonly retryable: ExceptionClassFilter
  readonly noRollback: ExceptionClassFilter
}

/** `plan`: properties[n] are those of partition n (`<properties partition="n">`), missing ones are `{}`. */
export interface PartitionPlan {
  readonly kind: 'plan'
  readonly partitions: number
  /** Most partitions at work at one time; 0 = all. */
  readonly threads: number
  readonly properties: readonly Properties[]
}

export interface PartitionMapperRef {
  readonly kind: 'mapper'
  readonly artifact: ArtifactRef
}

export interface Partition {
  readonly plan: PartitionPlan | PartitionMapperRef
  readonly collector: ArtifactRef | null
  readonly analyzer: ArtifactRef | null
  readonly reducer: ArtifactRef | null
}

export interface Step {
  readonly kind: 'step'
  readonly id: string
  readonly line: number
  /** Starts of this step allowed over the whole job instance; 0 = unlimited. */
  readonly startLimit: number
  readonly allowStartIfComplete: boolean
  readonly next: string | null
  readonly properties: Properties
  readonly listeners: readonly ArtifactRef[]
  readonly work: Batchlet | Chunk
  readonly partition: Partition | null
  readonly transitions: readonly Transition[]
  /** From its properties. */
  readonly timeLimit?: TimeLimit
  /** Only for resolvePartition: the step as JSL, if anything in it waits for `#{partitionPlan['…']}`. */
  readonly partitionSource?: LateElement
}

export interface Flow {
  readonly kind: 'flow'
  readonly id: string
  readonly line: number
  readonly next: string | null
  readonly elements: readonly ExecutionElement[]
  readonly transitions: readonly Transition[]
}

export interface Split {
  readonly kind: 'split'
  readonly id: string
  readonly line: number
  readonly next: string | null
  readonly flows: readonly Flow[]
}

export interface Decision {
  readonly kind: 'decision'
  readonly id: string
  readonly line: number
  readonly artifact: ArtifactRef
  readonly transitions: readonly Transition[]
}

export type ExecutionElement = Step | Flow | Split | Decision

export interface JobModel {
  readonly id: string
  readonly restartable: boolean
  readonly properties: Properties
  readonly listeners: readonly ArtifactRef[]
  readonly elements: readonly ExecutionElement[]
  /** From its properties. */
  readonly timeLimit?: TimeLimit
}
