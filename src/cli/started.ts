// What submit and restart hand to the waiting for the end.
import type { ExecutionRecord } from './batch-records.ts'
import { Interruption } from './interruption.ts'
import type { OptionValues } from './option-values.ts'

export interface Started {
  readonly instanceId: number
  /** The new execution; null while it is not there yet. */
  readonly find: () => Promise<ExecutionRecord | null>
}

/** From before the job is sent, so that no moment is left in which Ctrl-C leaves a job behind. */
export function interruptionOf(options: OptionValues): Interruption | null {
  return options.flag('wait') && options.flag('stopOnShutdown') ? new Interruption() : null
}
