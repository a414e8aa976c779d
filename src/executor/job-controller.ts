// One job execution from its first listener to its last: what an execution is beyond its elements (JSR-352 §8.1, §11.3).
import type { EndStatus } from '../batch/batch-status.ts'
import * as banners from '../joblog/job-log-banners.ts'
import * as messages from '../joblog/job-log-messages.ts'
import { JOB_LOGGER } from '../joblog/job-log-writer.ts'
import { describeError, unlessFenced } from './artifact-error.ts'
import type { ElementsOutcome } from './elements/element-outcome.ts'
import { exitStatusOf } from './exit-status.ts'
import { attemptElements } from './job-end.ts'
import { callAllListeners, callListeners } from './listeners.ts'
import { loggedJobJsl } from './resolved-jsl.ts'
import { runElements } from './transitioner.ts'
import type { UnitOutcome } from './unit-port.ts'
import { createArtifacts, type UnitScope } from './unit-scope.ts'

/** Runs the execution. Rejects with Fenced only. */
export async function runExecution(unit: UnitScope): Promise<UnitOutcome> {
  const { order, job, jobContext, logged } = unit
  unit.jobLog.write(JOB_LOGGER, banners.jobBegin(logged, order.jobParameters, order.secretWords))
  unit.jobLog.write(JOB_LOGGER, messages.jobStarted(logged))
  unit.jobLog.write(JOB_LOGGER, banners.unresolvedJsl(order.jsl))
  const resolved = loggedJobJsl(unit.source, order)
  if (resolved !== null) unit.jobLog.write(JOB_LOGGER, banners.resolvedJsl(resolved, 'job'))
  let listeners: readonly object[] = []
  const elements = await attemptElements(unit, async () => {
    listeners = await createArtifacts(unit, job.listeners)
    if (!order.resumed) await callListeners(listeners, 'beforeJob')
    const level = { name: `job ${job.id}`, elements: job.elements, endsUnit: job.listeners.length === 0 }
    const begin = { at: order.restartOn, lastStepExecutionIds: [] }
    return runElements(unit, level, begin)
  })
  let batchStatus = endStatus(elements.outcome)
  let reason = elements.reason
  if (elements.outcome.kind === 'terminated' && elements.outcome.exitStatus !== null) {
    jobContext.exitStatus = elements.outcome.exitStatus
  }
  // Liberty's listeners see STARTED in afterJob of a job that goes well; the final status is written after them.
  if (batchStatus !== 'COMPLETED') jobContext.batchStatus = batchStatus === 'FAILED' ? 'FAILED' : 'STOPPING'
  try {
    await callAllListeners(listeners, 'afterJob')
  } catch (thrown) {
    const error = unlessFenced(thrown)
    unit.log.error(messages.jobException(logged, 'ending'), error)
    batchStatus = 'FAILED'
    reason ??= `afterJob: ${describeError(error)}`
  }
  // What the repository will decide too: a job of which a stop was asked never ends COMPLETED (ENGINE E11).
  batchStatus = unit.stop.endOf(batchStatus)
  const stopElement = batchStatus === 'STOPPED' && elements.outcome.kind === 'terminated'
  const restartOn = stopElement ? elements.outcome.restartOn : null
  const exitStatus = exitStatusOf(jobContext.exitStatus, unit.log)
  const end = { batchStatus, exitStatus: exitStatus ?? batchStatus }
  unit.jobLog.write(JOB_LOGGER, messages.jobEnded(logged, end))
  unit.jobLog.write(JOB_LOGGER, banners.jobEnd(logged, order.jobParameters, end, order.secretWords))
  return { batchStatus, exitStatus, restartOn, flow: null, partition: null, reason }
}

function endStatus(outcome: ElementsOutcome): EndStatus {
  switch (outcome.kind) {
    case 'completed':
      return 'COMPLETED'
    case 'stopped':
      return 'STOPPED'
    case 'jobFailed':
      return 'FAILED'
    case 'terminated':
      return outcome.batchStatus
  }
}
