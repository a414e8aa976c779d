// What a waiting command shows of a job: its steps, what they read and wrote, how long it takes.
import type { MetricName } from '../batch/metrics.ts'
import { textField, type ExecutionRecord, type StepRecord } from './batch-records.ts'
import { oneLine } from './printable.ts'

export interface Progress {
  readonly execution: ExecutionRecord
  readonly steps: readonly StepRecord[]
  /** Since this command waits. */
  readonly seconds: number
}

const SIGNS: Readonly<Record<string, string>> = {
  COMPLETED: '✔',
  FAILED: '✘',
  ABANDONED: '✘',
  STOPPED: '■',
  STOPPING: '■'
}

const COUNTS: readonly (readonly [word: string, ...metrics: MetricName[]])[] = [
  ['read', 'READ_COUNT'],
  ['filtered', 'FILTER_COUNT'],
  ['skipped', 'READ_SKIP_COUNT', 'PROCESS_SKIP_COUNT', 'WRITE_SKIP_COUNT'],
  ['written', 'WRITE_COUNT'],
  ['commits', 'COMMIT_COUNT'],
  ['rollbacks', 'ROLLBACK_COUNT']
]

/** The job's line, and one for each step. */
export function progressLines({ execution, steps, seconds }: Progress): string[] {
  const job = `${textField(execution, 'jobName') || 'Job'} ${execution.batchStatus}  ${clockTime(seconds)}`
  return [job, ...steps.map(step => `  ${SIGNS[step.batchStatus] ?? '▸'} ${stepText(step)}`)].map(oneLine)
}

/** `step1 COMPLETED, read 1000, written 997, commits 10`; counts that are 0 are left out. */
export function stepText(step: StepRecord): string {
  const parts = [`${step.stepName} ${step.batchStatus}`]
  const partitions = Array.isArray(step['partitions']) ? (step['partitions'] as readonly unknown[]) : []
  if (partitions.length > 0)
    parts.push(`partitions ${partitions.filter(isCompleted).length} of ${partitions.length}`)
  const metrics = (step['metrics'] ?? {}) as Readonly<Record<string, unknown>>
  for (const [word, ...names] of COUNTS) {
    // On this wire counts are strings.
    const count = names.reduce((sum, name) => sum + (Number(metrics[name]) || 0), 0)
    if (count > 0) parts.push(`${word} ${count}`)
  }
  return oneLine(parts.join(', '))
}

function isCompleted(partition: unknown): boolean {
  return (partition as { batchStatus?: unknown } | null)?.batchStatus === 'COMPLETED'
}

/** `0:07`, `1:02:03`. */
function clockTime(seconds: number): string {
  const whole = Math.floor(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  const minutes = Math.floor(whole / 60)
  const start = minutes < 60 ? `${minutes}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}`
  return `${start}:${two(whole % 60)}`
}
