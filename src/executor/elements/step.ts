// Whether a step runs in this execution, and from where: the restart rules of JSR-352 §10.8 for one step.
import type { Step } from '../../jsl/job-model.ts'
import { runStep } from '../step/run-step.ts'
import type { PreviousStep } from '../unit-port.ts'
import type { UnitScope } from '../unit-scope.ts'
import type { ElementOutcome } from './element-outcome.ts'

export async function runStepElement(unit: UnitScope, step: Step): Promise<ElementOutcome> {
  const previous = unit.previousSteps.get(step.id)
  if (!previous) return runStep(unit, step, 'fresh')
  // ENGINE E12: what the interrupted run of this execution had set; decisions on the way here were asked again.
  if (unit.order.resumed && previous.executionId === unit.order.executionId)
    unit.jobContext.exitStatus = previous.jobExitStatus
  const passed = passedOver(unit, step, previous)
  if (passed) return passed
  // An interrupted start of this very execution goes on and was counted when it began (ENGINE E12).
  const goesOn = unit.order.resumed && previous.executionId === unit.order.executionId
  if (!goesOn && step.startLimit > 0 && previous.starts >= step.startLimit) {
    // JSR-352 §10.8.3: no step execution is made of it.
    const reason = `step ${step.id} was started ${previous.starts} times and its start-limit is ${step.startLimit}`
    return { kind: 'jobFailed', reason }
  }
  return runStep(unit, step, previous.batchStatus === 'COMPLETED' ? 'fresh' : 'continue')
}

/** What a step that does not run again is taken for: its stored exit status meets the transitions as substituted now. */
function passedOver(unit: UnitScope, step: Step, previous: PreviousStep): ElementOutcome | null {
  const { batchStatus, executionId } = previous
  const exitStatus = previous.exitStatus ?? batchStatus
  const lastStepExecutionIds = [previous.stepExecutionId]
  if (unit.order.resumed && executionId === unit.order.executionId) {
    // It ended before the interruption: allow-start-if-complete is about another execution.
    if (batchStatus === 'COMPLETED') return { kind: 'completed', exitStatus, lastStepExecutionIds }
    if (batchStatus === 'FAILED') return { kind: 'failed', exitStatus, lastStepExecutionIds }
    return null
  }
  if (batchStatus !== 'COMPLETED' || step.allowStartIfComplete) return null
  return { kind: 'completed', exitStatus, lastStepExecutionIds }
}
