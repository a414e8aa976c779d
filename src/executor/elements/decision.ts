// A decision: asks its decider where to go on from what ran last (JSR-352 §8.5).
import type { Decider } from '../../batch/artifacts.ts'
import type { StepExecution } from '../../batch/job-records.ts'
import * as messages from '../../joblog/job-log-messages.ts'
import type { Decision } from '../../jsl/job-model.ts'
import { describeError, fromArtifact, toError } from '../artifact-error.ts'
import { exitStatusOf } from '../exit-status.ts'
import { withMethod } from '../required-method.ts'
import { createArtifact, type UnitScope } from '../unit-scope.ts'
import type { ElementOutcome } from './element-outcome.ts'

/**
 * Always asked, also on a restart. Its answer becomes the job's exit status and is what its transitions match; after
 * another decision it is given the same step executions again ([RI]).
 */
export async function runDecision(
  unit: UnitScope,
  decision: Decision,
  lastStepExecutionIds: readonly number[]
): Promise<ElementOutcome> {
  const stepExecutions = await inOrder(unit, lastStepExecutionIds)
  try {
    const { artifact } = decision
    const decider = withMethod<Decider>(await createArtifact(unit, artifact, null), artifact, 'decide')
    const answer: unknown = await fromArtifact(() => decider.decide(stepExecutions))
    const exitStatus = exitStatusOf(answer, unit.log)
    unit.jobContext.exitStatus = exitStatus
    return { kind: 'completed', exitStatus, lastStepExecutionIds }
  } catch (thrown) {
    // JSR-352 §8.5: an unhandled error in a decider ends the job, no transition is tried.
    const error = toError(thrown)
    unit.log.error(messages.jobException(unit.logged, 'running'), error)
    return { kind: 'jobFailed', reason: `decision ${decision.id}: ${describeError(error)}` }
  }
}

async function inOrder(unit: UnitScope, ids: readonly number[]): Promise<readonly StepExecution[]> {
  if (ids.length === 0) return []
  const found = await unit.port.stepExecutions(ids)
  return ids.flatMap(id => found.filter(({ stepExecutionId }) => stepExecutionId === id))
}
