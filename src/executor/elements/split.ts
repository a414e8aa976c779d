// A split: its flows are units of their own, this thread waits for their ends and decides what they mean for the job.
import * as messages from '../../joblog/job-log-messages.ts'
import type { Split } from '../../jsl/job-model.ts'
import { type FlowOutcome, Yielded } from '../unit-port.ts'
import type { UnitScope } from '../unit-scope.ts'
import type { ElementOutcome, JobEnd } from './element-outcome.ts'

/** Runs all flows to their ends, also when one of them ended the job: there is no early abort (JSR-352 §8.4). */
export async function runSplit(unit: UnitScope, split: Split): Promise<ElementOutcome> {
  const names = split.flows.map(({ id }) => id)
  const ended = new Map<string, FlowOutcome>()
  if (names.length > 0) await unit.port.startFlows(split.id, names)
  for (const name of names) unit.log.info(messages.flowStarted(unit.logged, name))
  const yielded = new Set<string>()
  while (ended.size + yielded.size < names.length) {
    const event = await unit.port.nextChildEvent()
    if (event.kind === 'yielded' && event.flow !== null) {
      yielded.add(event.flow)
      continue
    }
    // Only flows are under way while a split runs; an event of anything else would be the server's fault.
    if (event.kind !== 'flowEnded' || !names.includes(event.flow)) {
      throw new Error(`split ${split.id} was told of ${event.kind}, which is none of its flows`)
    }
    ended.set(event.flow, event.outcome)
    const { batchStatus, exitStatus } = event.outcome
    const end = { batchStatus, exitStatus: exitStatus ?? batchStatus }
    unit.log.info(messages.flowEnded(unit.logged, event.flow, end))
  }
  // A parent yields last: entered again, flows that had ended pass by what they COMPLETED (ENGINE E12).
  if (yielded.size > 0) throw new Yielded()
  const outcomes = names.map(name => ended.get(name)!)
  return (
    jobEnd(outcomes) ?? {
      kind: 'completed',
      // It has none of its own; what ends well without one is COMPLETED, and a flow that ends with it can be matched.
      exitStatus: 'COMPLETED',
      lastStepExecutionIds: outcomes.flatMap(({ lastStepExecutionIds }) => lastStepExecutionIds)
    }
  )
}

/** JSR-352 §8.4.1 leaves several ends to us: FAILED before STOPPED before COMPLETED, the first flow in document order of those. */
function jobEnd(outcomes: readonly FlowOutcome[]): JobEnd | null {
  for (const batchStatus of ['FAILED', 'STOPPED', 'COMPLETED'] as const) {
    const found =
      outcomes.find(outcome => outcome.batchStatus === batchStatus && outcome.terminated) ??
      outcomes.find(outcome => outcome.batchStatus === batchStatus && batchStatus !== 'COMPLETED')
    if (!found) continue
    if (found.terminated) {
      const { exitStatus, restartOn } = found
      return { kind: 'terminated', batchStatus, exitStatus, restartOn }
    }
    return batchStatus === 'STOPPED' ? { kind: 'stopped' } : { kind: 'jobFailed', reason: null }
  }
  return null
}
