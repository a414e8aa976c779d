// The restart rules of JSR-352 §10.8 for one step, as a decision and nothing else: the run acts on it, a preview of a restart shows it.
import type { Step } from '../../jsl/job-model.ts'
import type { PreviousStep } from '../previous-step.ts'
import type { StartStep, UnitOrder } from '../unit-port.ts'
import type { Completed, Failed } from './element-outcome.ts'

export type StepDecision =
  | { readonly kind: 'run'; readonly mode: StartStep['mode'] }
  /** It does not run again: it is taken for what it was. */
  | { readonly kind: 'pass'; readonly outcome: Completed | Failed }
  /** JSR-352 §10.8.3: the job fails, and no step execution is made of it. */
  | { readonly kind: 'limit'; readonly reason: string }

export function decideStep(
  step: Pick<Step, 'id' | 'startLimit' | 'allowStartIfComplete'>,
  previous: PreviousStep | undefined,
  order: Pick<UnitOrder, 'resumed' | 'executionId'>
): StepDecision {
  if (!previous) return { kind: 'run', mode: 'fresh' }
  // An interrupted start of this very execution goes on and was counted when it began (ENGINE E12).
  const goesOn = order.resumed && previous.executionId === order.executionId
  const passed = passedOver(step, previous, goesOn)
  if (passed) return { kind: 'pass', outcome: passed }
  if (!goesOn && step.startLimit > 0 && previous.starts >= step.startLimit) {
    const reason = `step ${step.id} was started ${previous.starts} times and its start-limit is ${step.startLimit}`
    return { kind: 'limit', reason }
  }
  return { kind: 'run', mode: previous.batchStatus === 'COMPLETED' ? 'fresh' : 'continue' }
}

/** What a step that does not run again is taken for: its stored exit status meets the transitions as substituted now. */
function passedOver(
  step: Pick<Step, 'allowStartIfComplete'>,
  previous: PreviousStep,
  goesOn: boolean
): Completed | Failed | null {
  const { batchStatus } = previous
  const exitStatus = previous.exitStatus ?? batchStatus
  const lastStepExecutionIds = [previous.stepExecutionId]
  if (goesOn) {
    // It ended before the interruption: allow-start-if-complete is about another execution.
    if (batchStatus === 'COMPLETED') return { kind: 'completed', exitStatus, lastStepExecutionIds }
    if (batchStatus === 'FAILED') return { kind: 'failed', exitStatus, lastStepExecutionIds }
    return null
  }
  if (batchStatus !== 'COMPLETED' || step.allowStartIfComplete) return null
  return { kind: 'completed', exitStatus, lastStepExecutionIds }
}
