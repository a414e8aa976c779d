// A step as an element of the job: what its restart rules say, done.
import type { Step } from '../../jsl/job-model.ts'
import { type EndsUnit, runStep } from '../step/run-step.ts'
import type { UnitScope } from '../unit-scope.ts'
import type { ElementOutcome } from './element-outcome.ts'
import { decideStep } from './step-decision.ts'

export async function runStepElement(
  unit: UnitScope,
  step: Step,
  endsUnit: EndsUnit
): Promise<ElementOutcome> {
  const previous = unit.previousSteps.get(step.id)
  // ENGINE E12: what the interrupted run of this execution had set; decisions on the way here were asked again.
  if (previous && unit.order.resumed && previous.executionId === unit.order.executionId)
    unit.jobContext.exitStatus = previous.jobExitStatus
  const decision = decideStep(step, previous, unit.order)
  switch (decision.kind) {
    case 'run':
      return runStep(unit, step, decision.mode, endsUnit)
    case 'pass':
      return decision.outcome
    case 'limit':
      return { kind: 'jobFailed', reason: decision.reason }
  }
}
