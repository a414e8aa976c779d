// What a job came to, as lines that a run with a kill is held against line by line.
import type { MetricName } from '../../../batch/metrics.ts'
import type { StepExecution } from '../../../batch/job-records.ts'

/** Label → text. */
export type RunOutcome = ReadonlyMap<string, string>

export interface Difference {
  readonly label: string
  /** `null`: it was not there. */
  readonly undisturbed: string | null
  readonly found: string | null
}

/** Commits and rollbacks are left out: a crash costs some of them, and that is no fault. */
const COMPARED: readonly MetricName[] = [
  'READ_COUNT',
  'WRITE_COUNT',
  'FILTER_COUNT',
  'READ_SKIP_COUNT',
  'PROCESS_SKIP_COUNT',
  'WRITE_SKIP_COUNT'
]

/**
 * The lines of one instance: statuses of the job and of the last attempt at each step, and each step's counts over the
 * attempts that belong together (what a killed attempt committed, its restart does not do again).
 */
export function statusLines(
  execution: { readonly batchStatus: string; readonly exitStatus: string | null },
  attempts: readonly StepExecution[],
  metrics: boolean
): RunOutcome {
  const lines = new Map([
    ['job batchStatus', execution.batchStatus],
    ['job exitStatus', String(execution.exitStatus)]
  ])
  for (const name of new Set(attempts.map(({ stepName }) => stepName))) {
    const own = attempts.filter(({ stepName }) => stepName === name)
    const last = own.at(-1)!
    lines.set(`step ${name} batchStatus`, last.batchStatus)
    lines.set(`step ${name} exitStatus`, String(last.exitStatus))
    // Behind one that completed, a step that may start again begins anew.
    const begun = own.slice(own.slice(0, -1).findLastIndex(one => one.batchStatus === 'COMPLETED') + 1)
    for (const metric of metrics ? COMPARED : [])
      lines.set(`step ${name} ${metric}`, String(begun.reduce((sum, one) => sum + one.metrics[metric], 0)))
  }
  return lines
}

export function differences(undisturbed: RunOutcome, found: RunOutcome): readonly Difference[] {
  const labels = [...new Set([...undisturbed.keys(), ...found.keys()])]
  return labels
    .map(label => ({
      label,
      undisturbed: undisturbed.get(label) ?? null,
      found: found.get(label) ?? null
    }))
    .filter(line => line.undisturbed !== line.found)
}
