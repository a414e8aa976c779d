// A job, and a flow on its own thread, end in the same ways: this is where errors that nobody handled become the job's failure.
import * as messages from '../joblog/job-log-messages.ts'
import { describeError, unlessFenced } from './artifact-error.ts'
import type { ElementsOutcome } from './elements/element-outcome.ts'
import type { UnitScope } from './unit-scope.ts'

export interface ElementsEnd {
  readonly outcome: ElementsOutcome
  /** Why it ended, where the engine and not the job decided. */
  readonly reason: string | null
}

/** Runs `run` and turns a fault in it (the repository refused, a bug) into a failed job. Rejects with Fenced only. */
export async function attemptElements(
  unit: UnitScope,
  run: () => Promise<ElementsOutcome>
): Promise<ElementsEnd> {
  try {
    const outcome = await run()
    const reason = outcome.kind === 'jobFailed' ? outcome.reason : null
    if (reason !== null) unit.log.error(messages.jobFault(unit.logged, reason))
    return { outcome, reason }
  } catch (thrown) {
    const error = unlessFenced(thrown)
    unit.log.error(messages.jobException(unit.logged, 'running'), error)
    return { outcome: { kind: 'jobFailed', reason: null }, reason: describeError(error) }
  }
}
