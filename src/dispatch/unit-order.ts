// Makes of a claimed unit the order that its thread runs.
import { executionLogPath, subJobPath } from '../joblog/job-log-path.ts'
import type { FirstStep, PartitionOrder, UnitOrder } from '../executor/unit-port.ts'
import { noMetrics } from '../batch/metrics.ts'
import { secretWordsWith } from '../batch/secret-parameters.ts'
import { findPartitionState } from '../store/children.ts'
import type { UnitStart } from '../store/starts.ts'
import { latestSteps } from '../store/step-starts.ts'
import type { ClaimedUnit } from '../store/units.ts'
import type { DispatchOptions, RunnableApplication } from './dispatch-options.ts'

/** The log directory of a unit, relative to the log root, without `/` at its end. */
export function unitLogPath(
  unit: ClaimedUnit,
  parentLogPath: string | null,
  options: { readonly timeZone: string; readonly now: Date },
  stepName: string | null
): string {
  if (unit.kind === 'execution')
    return unit.logPath !== ''
      ? unit.logPath.replace(/\/$/, '')
      : executionLogPath({
          jobName: unit.jobName,
          instanceId: unit.instanceId,
          executionId: unit.executionId,
          created: options.now,
          zone: options.timeZone
        })
  const base = parentLogPath ?? unit.logPath.replace(/\/$/, '')
  const own =
    unit.kind === 'flow'
      ? subJobPath({ flow: { split: unit.split!, flow: unit.flow! } })
      : subJobPath({ partition: { step: stepName!, number: unit.partitionNumber! } })
  return `${base}/${own}`
}

export interface OrderedUnit {
  readonly order: UnitOrder
  /** Relative to the log root, without `/` at its end. */
  readonly logPath: string
}

/** `logPath` as of its order. A thread that is not there yet says itself when the first step starts: until then it has not. */
export function startOf(unit: ClaimedUnit, logPath: string, threadIsThere: boolean): UnitStart {
  const { unitId, epoch, firstStep = null } = unit
  return { unitId, epoch, logPath: `${logPath}/`, firstStep: threadIsThere ? firstStep : null }
}

/** What its thread would be given for the first step, which was started with the unit. */
export function firstStepOf({ firstStep }: ClaimedUnit, stepExecutionId: number | null): FirstStep | null {
  if (typeof firstStep !== 'string' || stepExecutionId === null) return null
  const state = {
    persistentUserData: null,
    readerCheckpoint: null,
    writerCheckpoint: null,
    chunkNumber: 0,
    metrics: noMetrics()
  }
  return { stepName: firstStep, started: { stepExecutionId, state, partitions: null } }
}

/** `null` when what the unit belongs to is gone (it was ended from outside since it was claimed). */
export async function orderOf(
  options: DispatchOptions,
  unit: ClaimedUnit,
  application: RunnableApplication,
  parentLogPath: string | null,
  now: Date
): Promise<OrderedUnit | null> {
  const { db, jobXMLs, jobLog, timeZone, systemProperties } = options
  const partition = await partitionOrder(options, unit)
  if (unit.kind === 'partition' && partition === null) return null
  const logPath = unitLogPath(unit, parentLogPath, { timeZone, now }, partition?.stepName ?? null)
  const first = unit.executionNumber === 0 && !unit.resumed
  return {
    logPath,
    order: {
      unitId: unit.unitId,
      epoch: unit.epoch,
      seq: unit.seq,
      kind: unit.kind,
      instanceId: unit.instanceId,
      executionId: unit.executionId,
      jobName: unit.jobName,
      jsl: await jobXMLs.textOf(unit.xmlId),
      inline: unit.inline,
      jobParameters: unit.jobParameters,
      secretWords: secretWordsWith(options.secretWords, unit.secretParameters ?? []),
      systemProperties: unit.inline ? {} : systemProperties,
      application: { name: application.name, directory: application.directory },
      restartOn: unit.restartOn,
      previousSteps: first || unit.kind === 'partition' ? [] : await latestSteps(db, unit.instanceId),
      resumed: unit.resumed,
      logDirectory: `${jobLog.jobLogRoot}/${logPath}/`,
      timeZone,
      flow: unit.kind === 'flow' ? { split: unit.split!, flow: unit.flow! } : null,
      partition
    }
  }
}

async function partitionOrder(options: DispatchOptions, unit: ClaimedUnit): Promise<PartitionOrder | null> {
  if (unit.kind !== 'partition') return null
  const state = await findPartitionState(options.db, unit.stepExecutionId!, unit.partitionNumber!)
  if (state === null) return null
  const { stepName, planProperties, ...rest } = state
  return {
    stepExecutionId: unit.stepExecutionId!,
    stepName,
    partitionNumber: unit.partitionNumber!,
    planProperties,
    state: rest
  }
}
