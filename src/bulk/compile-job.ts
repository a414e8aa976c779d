// A bulk job as JSL: one chunk step over its tasks, in partitions by their number, that a server's death does not end.
import type { BulkOperationRequest } from '../batch/bulk-job.ts'

/** Tasks that are worth a partition of their own, most partitions, and how many of them are at work at one time. */
const PARTITION_TASKS = 100
const MOST_PARTITIONS = 16
const THREADS = 4

/** A chunk ends with so many tasks, or after so many seconds: a pause and a stop wait for it. */
const CHUNK_TASKS = 500
const CHUNK_SECONDS = 1

export interface CompiledJob {
  readonly jobName: string
  readonly application: string
  readonly jsl: string
  readonly jobParameters: Readonly<Record<string, string>>
}

/** What the operation is called in lists, and in the name of its job. */
export function operationName(operation: BulkOperationRequest): string {
  return operation.artifact === undefined ? operation.definition.name : operation.artifact.ref
}

/** `jobId` is one of ours, and `ref` was checked by the schema of its creation. */
export function jobNameOf(operation: BulkOperationRequest): string {
  return `bulk.${operationName(operation)}`
}

/**
 * `total` ≥ 1. Its parameter `bulkJobId` is how the instance is found in the lists of the batch API. What the operation is
 * given (it may be secret) is in neither parameters nor text: the artifacts look it up.
 */
export function compileBulkJob(job: {
  readonly jobId: string
  readonly operation: BulkOperationRequest
  readonly application: string
  readonly total: number
}): CompiledJob {
  const jobName = jobNameOf(job.operation)
  const isDefinition = job.operation.artifact === undefined
  const jsl = `<?xml version="1.0" encoding="UTF-8"?>
<job id="${attribute(jobName)}" xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0">
  <properties>${property('batchyard.recovery', 'resume')}${property('bulkJobId', job.jobId)}</properties>
  <step id="objects">
    <properties>${property('jakarta.transaction.global.timeout', '0')}</properties>
    <chunk item-count="${CHUNK_TASKS}" time-limit="${CHUNK_SECONDS}">
      ${isDefinition ? RUNS : TASKS}
      <writer ref="bulkLedger"/>
    </chunk>${isDefinition ? '' : partitionOf(job.total)}
  </step>
</job>
`
  return { jobName, application: job.application, jsl, jobParameters: { bulkJobId: job.jobId } }
}

const TASKS = `<reader ref="bulkTaskReader"><properties>${property('after', "#{partitionPlan['after']}")}${property('to', "#{partitionPlan['to']}")}</properties></reader>
      <processor ref="bulkOperation"/>`

/** The server starts them, so many at one time; one reader waits for all. */
const RUNS = `<reader ref="bulkRunReader"/>
      <processor ref="bulkRunOutcome"/>`

function partitionOf(total: number): string {
  const ranges = rangesOf(total)
  const plan = ranges.map(
    ({ after, to }, partition) =>
      `<properties partition="${partition}">${property('after', after)}${property('to', to)}</properties>`
  )
  const counts = `partitions="${ranges.length}" threads="${Math.min(THREADS, ranges.length)}"`
  return `\n    <partition><plan ${counts}>${plan.join('\n      ')}</plan></partition>`
}

/**
 * Parts of the rows 1 to `total` that begin behind whole hundreds, and differ by no more than one. Where failures come in a rhythm
 * (every second, every tenth object), what is done of such parts has never failed more than the whole: no threshold is
 * exceeded for a moment because of where parts begin.
 */
function rangesOf(total: number): { readonly after: string; readonly to: string }[] {
  const hundreds = Math.max(1, Math.ceil(total / PARTITION_TASKS))
  const count = Math.min(MOST_PARTITIONS, hundreds)
  const end = (index: number) => Math.min(total, Math.floor((index * hundreds) / count) * PARTITION_TASKS)
  return Array.from({ length: count }, (_, index) => ({
    after: String(end(index)),
    to: String(end(index + 1))
  }))
}

function property(name: string, value: string): string {
  return `<property name="${attribute(name)}" value="${attribute(value)}"/>`
}

function attribute(text: string): string {
  return text.replaceAll(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`)
}
