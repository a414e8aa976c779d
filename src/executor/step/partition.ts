// One partition of a step on its own thread, with contexts of its own: nothing it sets reaches the job but what is collected and its end.
import * as banners from '../../joblog/job-log-banners.ts'
import * as messages from '../../joblog/job-log-messages.ts'
import { JOB_LOGGER } from '../../joblog/job-log-writer.ts'
import type { ExecutionElement, Step } from '../../jsl/job-model.ts'
import { resolvePartition } from '../../jsl/resolve-partition.ts'
import { describeError, unlessFenced } from '../artifact-error.ts'
import { runChunkStep } from '../chunk/run-chunk-step.ts'
import { exitStatusOf } from '../exit-status.ts'
import { loggedPartitionJsl } from '../resolved-jsl.ts'
import type { PartitionOrder, UnitOutcome } from '../unit-port.ts'
import type { UnitScope } from '../unit-scope.ts'
import { runBatchlet } from './batchlet-step.ts'
import { newStepScope } from './new-step-scope.ts'
import { collectorOf } from './partition-collector.ts'
import { settleUserData } from './persistent-user-data.ts'
import { STEP_BATCH_STATUS, type StepOutcome } from './step-outcome.ts'
import type { StepScope } from './step-scope.ts'

/** Runs the partition `order.partition` names. Rejects with Fenced only. */
export async function runPartition(unit: UnitScope, partition: PartitionOrder): Promise<UnitOutcome> {
  const { stepExecutionId, stepName, partitionNumber, state } = partition
  const logged = { stepName, number: partitionNumber, stepExecutionId }
  unit.jobLog.write(JOB_LOGGER, banners.partitionBegin(unit.logged, logged))
  unit.jobLog.write(JOB_LOGGER, messages.partitionStarted(unit.logged, stepName, partitionNumber))
  const resolved = loggedPartitionJsl(unit.source, unit.order, partition)
  if (resolved !== null) unit.jobLog.write(JOB_LOGGER, banners.resolvedJsl(resolved, 'partition'))
  const target = { kind: 'partition', stepExecutionId, partitionNumber } as const
  const listeners: object[] = []
  let scope: StepScope | null = null
  let worked: StepOutcome
  try {
    const step = resolvePartition(findStep(unit.job.elements, stepName), partition.planProperties)
    scope = newStepScope(unit, { step, state, target, listeners })
    worked = await runWork(unit, scope, listeners)
  } catch (thrown) {
    worked = { kind: 'failed', error: unlessFenced(thrown) }
  }
  const settled = scope && settleUserData(scope, worked)
  const outcome = settled?.outcome ?? worked
  if (outcome.kind === 'failed') {
    unit.log.error(messages.stepException(unit.logged, stepName, 'running'), outcome.error)
  }
  const batchStatus = unit.stop.overdue ? 'FAILED' : STEP_BATCH_STATUS[outcome.kind]
  const exitStatus =
    exitStatusOf(scope?.stepContext.exitStatus, unit.log) ??
    (outcome.kind === 'failed' ? null : exitStatusOf(outcome.returned, unit.log)) ??
    batchStatus
  const end = { batchStatus, exitStatus }
  unit.jobLog.write(JOB_LOGGER, messages.partitionEnded(unit.logged, stepName, partitionNumber, end))
  unit.jobLog.write(JOB_LOGGER, banners.partitionEnd(unit.logged, logged, end))
  return {
    ...end,
    restartOn: null,
    flow: null,
    partition: {
      persistentUserData: settled ? settled.persistentUserData : state.persistentUserData,
      metrics: { ...(scope?.stepContext.metrics ?? state.metrics) },
      message: outcome.kind === 'failed' ? describeError(outcome.error) : null
    },
    reason: null
  }
}

/** StepListeners are called on the job's thread only; here the listeners serve the chunk. */
async function runWork(unit: UnitScope, scope: StepScope, listeners: object[]): Promise<StepOutcome> {
  const { work, listeners: refs } = scope.step
  const collector = await collectorOf(unit, scope)
  const forget = unit.stop.onRequest(() => (scope.stepContext.batchStatus = 'STOPPING'))
  try {
    if (work.kind === 'batchlet') {
      const outcome = await runBatchlet(scope, work.artifact)
      if (outcome.kind === 'failed') noteFailure(scope, outcome.error)
      // Once at its end, also after it threw: the TCK wants it, whatever the collector's javadoc says.
      return await collected(scope, outcome, collector.collect)
    }
    for (const ref of refs) listeners.push(await scope.createArtifact(ref))
    // JSR-352 §11.7 as JBeret has it: after every checkpoint that wrote, and once at the end of what did not fail.
    const outcome = await runChunkStep(scope, collector.hooks)
    if (outcome.kind !== 'failed') return await collected(scope, outcome, collector.collect)
    noteFailure(scope, outcome.error)
    return outcome
  } finally {
    forget()
  }
}

async function collected(
  scope: StepScope,
  outcome: StepOutcome,
  collect: () => Promise<void>
): Promise<StepOutcome> {
  try {
    await collect()
    return outcome
  } catch (thrown) {
    const error = unlessFenced(thrown)
    if (outcome.kind === 'failed') {
      scope.log.error('The partition collector failed too.', error)
      return outcome
    }
    return { kind: 'failed', error }
  }
}

function noteFailure(scope: StepScope, error: Error): void {
  scope.stepContext.exception = error
  scope.stepContext.batchStatus = 'FAILED'
}

function findStep(elements: readonly ExecutionElement[], id: string): Step {
  const found = steps(elements).find(step => step.id === id)
  if (!found) throw new Error(`the job has no step ${id}`)
  return found
}

function steps(elements: readonly ExecutionElement[]): readonly Step[] {
  return elements.flatMap(element => {
    if (element.kind === 'step') return [element]
    if (element.kind === 'flow') return steps(element.elements)
    return element.kind === 'split' ? steps(element.flows) : []
  })
}
