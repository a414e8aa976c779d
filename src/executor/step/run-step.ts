// One start of a step on the job's own thread: listeners around its work, then statuses, exit status and data stored together.
import * as banners from '../../joblog/job-log-banners.ts'
import * as messages from '../../joblog/job-log-messages.ts'
import { JOB_LOGGER } from '../../joblog/job-log-writer.ts'
import type { Step } from '../../jsl/job-model.ts'
import { describeError, unlessFenced } from '../artifact-error.ts'
import type { Completed, Failed, JobEnd } from '../elements/element-outcome.ts'
import { exitStatusOf, exitStatusSoFar } from '../exit-status.ts'
import { callAllListeners, callListeners } from '../listeners.ts'
import type { StartStep } from '../unit-port.ts'
import type { UnitScope } from '../unit-scope.ts'
import { runBatchlet } from './batchlet-step.ts'
import { runChunkStep } from '../chunk/run-chunk-step.ts'
import { newStepScope } from './new-step-scope.ts'
import { runPartitionedStep } from './partitioned-step.ts'
import { settleUserData } from './persistent-user-data.ts'
import { STEP_BATCH_STATUS, type StepOutcome } from './step-outcome.ts'
import type { StepScope } from './step-scope.ts'

/** Whether nothing of the unit runs after a step that came to this. */
export type EndsUnit = (outcome: Completed | Failed | JobEnd) => boolean

/** Rejects with Fenced, or with what the port rejected with; errors of job code make the step FAILED. */
export async function runStep(
  unit: UnitScope,
  step: Step,
  mode: StartStep['mode'],
  endsUnit: EndsUnit
): Promise<Completed | Failed | JobEnd> {
  const { stepExecutionId, state, partitions } = await unit.port.startStep({
    stepName: step.id,
    mode,
    jobExitStatus: exitStatusSoFar(unit.jobContext.exitStatus),
    ...(step.timeLimit === undefined ? {} : { timeLimit: step.timeLimit }),
    ...(step.work.kind === 'chunk' ? { chunks: true } : {})
  })
  unit.jobLog.write(JOB_LOGGER, banners.stepBegin(step.id, stepExecutionId))
  unit.jobLog.write(JOB_LOGGER, messages.stepStarted(unit.logged, step.id))
  const listeners: object[] = []
  const target = { kind: 'step', stepExecutionId } as const
  const scope = newStepScope(unit, { step, state, target, listeners })
  const forget = unit.stop.onRequest(() => (scope.stepContext.batchStatus = 'STOPPING'))

  const work = async (): Promise<StepOutcome> => {
    if (step.partition) return runPartitionedStep(unit, scope, step.partition, partitions ?? [])
    if (step.work.kind === 'batchlet') return runBatchlet(scope, step.work.artifact)
    return runChunkStep(scope, {})
  }
  const worked = await withStepListeners(unit, scope, listeners, work)
  forget()
  const { outcome, persistentUserData } = settleUserData(scope, worked)
  if (outcome !== worked && outcome.kind === 'failed') tell(unit, step, 'ending', outcome.error)

  const batchStatus = STEP_BATCH_STATUS[outcome.kind]
  const exitStatus =
    exitStatusOf(scope.stepContext.exitStatus, unit.log) ??
    (outcome.kind === 'failed' ? null : exitStatusOf(outcome.returned, unit.log)) ??
    batchStatus
  const ended: Completed | Failed | JobEnd =
    outcome.kind === 'stopped'
      ? { kind: 'stopped' }
      : { kind: outcome.kind, exitStatus, lastStepExecutionIds: [stepExecutionId] }
  const stored = await unit.port.endStep({
    stepExecutionId,
    batchStatus,
    exitStatus,
    jobExitStatus: exitStatusSoFar(unit.jobContext.exitStatus),
    persistentUserData,
    message: outcome.kind === 'failed' ? describeError(outcome.error) : null,
    metrics: step.partition ? null : { ...scope.stepContext.metrics },
    ...(endsUnit(ended) ? { endsUnit: true } : {})
  })
  const told = { batchStatus: stored, exitStatus: exitStatus === batchStatus ? stored : exitStatus }
  unit.jobLog.write(JOB_LOGGER, messages.stepEnded(unit.logged, step.id, told))
  // ENGINE E11: the repository may know of a stop that this thread was not told of yet.
  return stored === 'STOPPED' ? { kind: 'stopped' } : ended
}

/**
 * beforeStep, the work, afterStep; afterStep is called after failures and stops too (JSR-352 §8.2.7). As in Liberty it
 * sees no exit status but an explicitly set one: a batchlet's answer and the default come after it.
 */
async function withStepListeners(
  unit: UnitScope,
  scope: StepScope,
  listeners: object[],
  work: () => Promise<StepOutcome>
): Promise<StepOutcome> {
  let outcome: StepOutcome
  let called: readonly object[] = []
  try {
    for (const ref of scope.step.listeners) listeners.push(await scope.createArtifact(ref))
    called = listeners
    await callListeners(called, 'beforeStep')
    outcome = unit.stop.requested ? { kind: 'stopped' } : await work()
  } catch (thrown) {
    outcome = { kind: 'failed', error: unlessFenced(thrown) }
  }
  if (outcome.kind === 'failed') failed(unit, scope, 'running', outcome.error)
  try {
    await callAllListeners(called, 'afterStep')
  } catch (thrown) {
    const error = unlessFenced(thrown)
    failed(unit, scope, 'ending', error)
    if (outcome.kind !== 'failed') outcome = { kind: 'failed', error }
  }
  return outcome
}

function failed(unit: UnitScope, scope: StepScope, when: 'running' | 'ending', error: Error): void {
  scope.stepContext.exception = error
  scope.stepContext.batchStatus = 'FAILED'
  tell(unit, scope.step, when, error)
}

function tell(unit: UnitScope, step: Step, when: 'running' | 'ending', error: Error): void {
  unit.log.error(messages.stepException(unit.logged, step.id, when), error)
}
