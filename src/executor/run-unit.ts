// The executor's front door: runs one unit, whatever its kind, on the thread that calls.
import { readJob } from '../jsl/read-job.ts'
import type { JobModel } from '../jsl/job-model.ts'
import type { JobSource } from '../jsl/job-source.ts'
import { resolveJob } from '../jsl/resolve-job.ts'
import { describeError, toError } from './artifact-error.ts'
import { JobContextState } from './contexts.ts'
import { runFlowUnit } from './elements/flow.ts'
import { runExecution } from './job-controller.ts'
import { runPartition } from './step/partition.ts'
import type { StopRequest } from './stop-request.ts'
import type { UnitOrder, UnitOutcome, UnitPort } from './unit-port.ts'
import { type ArtifactSource, type JobLogSink, runtimeLogger, type UnitScope } from './unit-scope.ts'

export interface UnitDeps {
  readonly registry: ArtifactSource
  readonly jobLog: JobLogSink
  /** Default: reads the text anew each time. */
  readonly readJob?: (jsl: string) => JobSource
}

/**
 * Runs an execution, a flow of a split or a partition to its end. Errors of job code, and what the port rejects with, are
 * part of the outcome; it rejects with Fenced alone: then the unit belongs to somebody else.
 */
export async function runUnit(
  order: UnitOrder,
  port: UnitPort,
  stop: StopRequest,
  deps: UnitDeps
): Promise<UnitOutcome> {
  const { jobLog, registry } = deps
  let source: JobSource
  let job: JobModel
  try {
    const { jobParameters, systemProperties } = order
    source = (deps.readJob ?? readJob)(order.jsl)
    job = resolveJob(source, { jobParameters, systemProperties })
  } catch (thrown) {
    // It was checked when it was submitted: only an engine of another version reads it differently.
    const error = toError(thrown)
    runtimeLogger(jobLog).error('The job definition (JSL) cannot be run.', error)
    return unreadable(order, describeError(error))
  }
  const { jobName, instanceId, executionId } = order
  const ids = { jobName, instanceId, executionId }
  const jobContext = new JobContextState({ ...ids, properties: job.properties })
  const unit: UnitScope = {
    order: { ...order, jobParameters: Object.freeze({ ...order.jobParameters }) },
    port,
    stop,
    job,
    source,
    jobContext,
    registry,
    jobLog,
    log: runtimeLogger(jobLog),
    logged: ids,
    previousSteps: new Map(order.previousSteps.map(previous => [previous.stepName, previous])),
    visited: new Set()
  }
  const forget = stop.onRequest(() => (jobContext.batchStatus = 'STOPPING'))
  try {
    if (order.partition) return await runPartition(unit, order.partition)
    return await (order.flow ? runFlowUnit(unit) : runExecution(unit))
  } finally {
    forget()
  }
}

function unreadable(order: UnitOrder, reason: string): UnitOutcome {
  const failed = { batchStatus: 'FAILED', exitStatus: null, restartOn: null } as const
  return {
    ...failed,
    reason,
    flow: order.flow && { ...failed, terminated: true, lastStepExecutionIds: [] },
    partition: order.partition && {
      persistentUserData: order.partition.state.persistentUserData,
      metrics: order.partition.state.metrics,
      message: reason
    }
  }
}
