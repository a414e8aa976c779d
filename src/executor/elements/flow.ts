// A flow of a split, run as a unit of its own on its own thread, with its own JobContext (JSR-352 §8.4).
import type { ExecutionElement, Flow } from '../../jsl/job-model.ts'
import * as banners from '../../joblog/job-log-banners.ts'
import * as messages from '../../joblog/job-log-messages.ts'
import { JOB_LOGGER } from '../../joblog/job-log-writer.ts'
import { exitStatusOf } from '../exit-status.ts'
import { attemptElements } from '../job-end.ts'
import { runElements } from '../transitioner.ts'
import type { FlowOutcome, UnitOutcome } from '../unit-port.ts'
import type { UnitScope } from '../unit-scope.ts'
import type { ElementsOutcome } from './element-outcome.ts'

/** Runs the flow `order.flow` names. Rejects with Fenced only. */
export async function runFlowUnit(unit: UnitScope): Promise<UnitOutcome> {
  const named = unit.order.flow ?? { split: '', flow: '' }
  const logged = { splitName: named.split, flowName: named.flow }
  unit.jobLog.write(JOB_LOGGER, banners.flowBegin(unit.logged, logged))
  // Liberty's flow on a thread of its own is a job to its log.
  unit.jobLog.write(JOB_LOGGER, messages.jobStarted(unit.logged))
  const { outcome, reason } = await attemptElements(unit, async () => {
    const flow = findFlow(unit.job.elements, named.flow)
    if (!flow) return { kind: 'jobFailed', reason: `the job has no flow ${named.flow}` }
    // As the one element of a level: its end, fail and stop elements are tried as those of any other flow ([RI]).
    const level = { name: `split ${named.split}`, elements: [flow] }
    return runElements(unit, level, { at: null, lastStepExecutionIds: [] })
  })
  const ended = flowOutcome(outcome)
  const flow: FlowOutcome = { ...ended, batchStatus: unit.stop.overdue ? 'FAILED' : ended.batchStatus }
  const end = {
    batchStatus: flow.batchStatus,
    exitStatus: flow.exitStatus ?? exitStatusOf(unit.jobContext.exitStatus, unit.log) ?? flow.batchStatus
  }
  unit.jobLog.write(JOB_LOGGER, messages.flowEnded(unit.logged, named.flow, end))
  unit.jobLog.write(JOB_LOGGER, messages.jobEnded(unit.logged, end))
  unit.jobLog.write(JOB_LOGGER, banners.flowEnd(unit.logged, logged, end))
  return {
    batchStatus: flow.batchStatus,
    exitStatus: flow.exitStatus,
    restartOn: flow.restartOn,
    flow,
    partition: null,
    reason
  }
}

/** Nothing of the flow's JobContext reaches the job (§9.4.1.1), but an exit-status attribute of what ended the job in it does. */
function flowOutcome(outcome: ElementsOutcome): FlowOutcome {
  const none = { exitStatus: null, terminated: false, restartOn: null, lastStepExecutionIds: [] }
  switch (outcome.kind) {
    case 'completed':
      return { ...none, batchStatus: 'COMPLETED', lastStepExecutionIds: outcome.lastStepExecutionIds }
    case 'stopped':
      return { ...none, batchStatus: 'STOPPED' }
    case 'jobFailed':
      return { ...none, batchStatus: 'FAILED', terminated: true }
    case 'terminated':
      return {
        ...none,
        batchStatus: outcome.batchStatus,
        exitStatus: outcome.exitStatus,
        terminated: true,
        restartOn: outcome.restartOn
      }
  }
}

function findFlow(elements: readonly ExecutionElement[], id: string): Flow | null {
  for (const element of elements) {
    if (element.kind === 'flow' && element.id === id) return element
    const inner = element.kind === 'flow' ? element.elements : element.kind === 'split' ? element.flows : []
    const found = findFlow(inner, id)
    if (found) return found
  }
  return null
}
