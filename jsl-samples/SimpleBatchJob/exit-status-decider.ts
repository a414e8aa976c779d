// The decider of test_decision.
import type { Injected } from '../../src/batch/artifacts.ts'
import type { StepExecution } from '../../src/batch/job-records.ts'

/** Decides what property `decision` says, else the exit statuses of the steps before, joined by "+". */
export function exitStatusDecider(
  stepExecutions: readonly StepExecution[],
  { properties, log }: Injected
): string {
  const decided = properties['decision'] ?? stepExecutions.map(step => step.exitStatus).join('+')
  log.info(`exitStatusDecider: ${stepExecutions.length} step executions before, decided ${decided}`)
  return decided
}
