// What every task is given: its options, the servers, and where to print.
import type { BatchRest, JobId } from './batch-rest.ts'
import type { OptionSpec } from './option-table.ts'
import type { OptionValues } from './option-values.ts'
import type { Report } from './report.ts'

export interface Session {
  readonly options: OptionValues
  readonly batch: BatchRest
  readonly report: Report
}

export interface Task {
  readonly name: string
  readonly summary: string
  /** Beside those of every task. */
  readonly options: readonly OptionSpec[]
  /** The sentence about a needed option that is missing; before anything is asked or sent. */
  readonly missing: (options: OptionValues) => string | null
  /** The sentence about options that contradict each other. */
  readonly refused?: (options: OptionValues) => string | null
  /** @returns the exit code. */
  readonly run: (session: Session) => Promise<number>
}

export function missingId(options: OptionValues): string | null {
  const given = options.has('jobInstanceId') || options.has('jobExecutionId')
  return given ? null : '--jobInstanceId or --jobExecutionId must be given.'
}

/** Of two given ids the `preferred` one counts. */
export function jobIdOf(options: OptionValues, preferred: JobId['kind'] = 'jobinstances'): JobId {
  const instanceId = options.id('jobInstanceId')
  const executionId = options.id('jobExecutionId')
  if (instanceId !== null && (executionId === null || preferred === 'jobinstances'))
    return { kind: 'jobinstances', id: instanceId }
  return { kind: 'jobexecutions', id: executionId! }
}
