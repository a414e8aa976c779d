// A batchlet that ends as it is told, and a decider that looks at how several steps ended.
import type { Injected } from '../../src/batch/artifacts.ts'
import type { StepExecution } from '../../src/batch/job-records.ts'

/** Its exit status is property `answer`, else the batch status. */
export function answer({ properties }: Injected): string | undefined {
  return properties['answer']
}

/** Is given one step execution for each flow of the split before: GOOD unless one of them ended BAD. */
export function allGood(stepExecutions: readonly StepExecution[], { log }: Injected): string {
  const ends = stepExecutions.map(({ stepName, exitStatus }) => `${stepName} ${exitStatus}`)
  log.info(`allGood: ${ends.join(', ')}`)
  return stepExecutions.some(({ exitStatus }) => exitStatus === 'BAD') ? 'BAD' : 'GOOD'
}
