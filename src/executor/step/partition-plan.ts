// How many partitions run, with what, and which of them are done already: JSR-352 §10.8.5 and what a mapper may answer.
import type { PartitionPlan } from '../../batch/artifacts.ts'
import type { BatchStatus } from '../../batch/batch-status.ts'
import type { Properties } from '../../jsl/job-model.ts'
import { MAX_PARTITIONS } from '../../jsl/read-partition.ts'

/** A plan as it is carried out. */
export interface PlannedPartitions {
  readonly partitions: readonly { readonly partitionNumber: number; readonly planProperties: Properties }[]
  readonly carriedOver: readonly number[]
  /** 0 = all at once. */
  readonly threads: number
  /** What an earlier attempt left is discarded. */
  readonly override: boolean
}

/** What of it the server is told. */
export interface StepPartitions extends PlannedPartitions {
  readonly stepExecutionId: number
  readonly multiJVM: boolean | null
}

export interface StoredPartition {
  readonly partitionNumber: number
  /** What it was last run with. */
  readonly planProperties: Readonly<Record<string, string>>
  readonly batchStatus: BatchStatus
  readonly exitStatus: string | null
}

/** A plan with nothing open any more; `properties[n]` of partition n, missing ones are `{}`. */
export interface SettledPlan {
  readonly partitions: number
  readonly threads: number
  readonly override: boolean
  readonly properties: readonly Properties[]
  /** Partitions of an earlier attempt keep the properties they had there. */
  readonly keepProperties: boolean
}

/**
 * Meets the plan with what an earlier attempt stored. Without override the number of partitions is that of the first
 * attempt whatever the plan says now, its properties are the new ones by index, unless they are kept or the plan has no such
 * partition any more, and COMPLETED partitions do not run again.
 */
export function planPartitions(plan: SettledPlan, stored: readonly StoredPartition[]): PlannedPartitions {
  const override = plan.override && stored.length > 0
  const remembered = override ? [] : stored
  const planned =
    remembered.length > 0
      ? remembered.toSorted((a, b) => a.partitionNumber - b.partitionNumber)
      : Array.from({ length: plan.partitions }, (_, n) => ({ partitionNumber: n, planProperties: {} }))
  return {
    partitions: planned.map(({ partitionNumber, planProperties: before }) => {
      const now = plan.properties[partitionNumber] ?? (partitionNumber < plan.partitions ? {} : before)
      const keeps = plan.keepProperties && remembered.length > 0
      return { partitionNumber, planProperties: keeps ? before : now }
    }),
    carriedOver: remembered
      .filter(({ batchStatus }) => batchStatus === 'COMPLETED')
      .map(({ partitionNumber }) => partitionNumber),
    threads: plan.threads,
    override
  }
}

/** Checks what a mapper answered. Throws an Error that says what is wrong with it. */
export function settleMappedPlan(answer: unknown, ref: string): SettledPlan {
  if (typeof answer !== 'object' || answer === null) {
    throw new Error(
      `Partition mapper ${ref} answered ${answer === null ? 'null' : typeof answer}, not a plan { partitions, … }.`
    )
  }
  const { partitions, threads, partitionsOverride, partitionProperties, keepProperties } =
    answer as Partial<PartitionPlan>
  return {
    partitions: count(partitions, 'partitions', MAX_PARTITIONS, ref),
    threads:
      threads === undefined || threads === null ? 0 : count(threads, 'threads', Number.MAX_SAFE_INTEGER, ref),
    override: partitionsOverride === true,
    properties: settleProperties(partitionProperties, ref),
    keepProperties: keepProperties === true
  }
}

function count(value: unknown, name: string, most: number, ref: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value
  const range = most === MAX_PARTITIONS ? `from 0 to ${most}` : '≥ 0'
  throw new Error(`Partition mapper ${ref}: ${name} must be a whole number ${range}, not ${shown(value)}.`)
}

function settleProperties(given: unknown, ref: string): readonly Properties[] {
  if (given === undefined || given === null) return []
  if (!Array.isArray(given)) throw new Error(`Partition mapper ${ref}: partitionProperties must be an array.`)
  return given.map((properties: unknown, partition) => {
    if (properties === undefined || properties === null) return {}
    if (typeof properties !== 'object') {
      throw new Error(
        `Partition mapper ${ref}: partitionProperties[${partition}] is ${shown(properties)}, not an object.`
      )
    }
    return Object.fromEntries(
      Object.entries(properties)
        .filter(([, value]) => value !== undefined && value !== null)
        .map(([name, value]) => [name, text(value, `partitionProperties[${partition}].${name}`, ref)])
    )
  })
}

/** Properties are strings in JSL; numbers and booleans have one spelling, anything else would be a surprise. */
function text(value: unknown, name: string, ref: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value)
  throw new Error(`Partition mapper ${ref}: ${name} must be a string, not ${typeof value}.`)
}

function shown(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? JSON.stringify(value) : typeof value
}
