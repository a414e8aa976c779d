// Makes of a claimed unit the order that its thread runs.
import { executionLogPath, subJobPath } from '../joblog/job-log-path.ts'
import type { FirstStep, PartitionOrder, UnitOrder } from '../executor/unit-port.ts'
import { noMetrics } from '../batch/metrics.ts'
import { secretWordsWith } from '../batch/secret-parameters.ts'
import { findFlowsAbove } from '../store/child-ends.ts'
import { lastPartNumber } from '../store/job-log-parts.ts'
import { findPartitionState, type PartitionState } from '../store/partition-states.ts'
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
  const { unitId, epoch, kind, firstStep = null } = unit
  return { unitId, epoch, kind, logPath: `${logPath}/`, firstStep: threadIsThere ? firstStep : null }
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
  /** Of its parent, if it has one at work here. */
  parentLogPath: string | null,
  now: Date
): Promise<OrderedUnit | null> {
  const { db, jobXMLs, jobLog, timeZone, systemProperties } = options
  const state = unit.kind === 'partition' ? await partitionState(options, unit) : null
  if (unit.kind === 'partition' && state === null) return null
  const partition = state && partitionOrder(unit, state, parentLogPath === null)
  const above = parentLogPath ?? (unit.remote ? await logPathAbove(options, unit) : null)
  const logPath = unitLogPath(unit, above, { timeZone, now }, partition?.stepName ?? null)
  const logBefore = unit.kind === 'flow' || (state?.began ?? unit.resumed)
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
      logPartsBefore: logBefore ? await lastPartNumber(db, unit.executionId, `${logPath}/`) : 0,
      timeZone,
      flow: unit.kind === 'flow' ? { split: unit.split!, flow: unit.flow! } : null,
      partition
    }
  }
}

/** That of its parent, which is at work on another server. */
async function logPathAbove({ db }: DispatchOptions, unit: ClaimedUnit): Promise<string> {
  const flows = await findFlowsAbove(db, unit.parentId!)
  return [unit.logPath.replace(/\/$/, ''), ...flows.map(flow => subJobPath({ flow }))].join('/')
}

async function partitionState({ db }: DispatchOptions, unit: ClaimedUnit): Promise<PartitionState | null> {
  return await findPartitionState(db, unit.stepExecutionId!, unit.partitionNumber!)
}

function partitionOrder(
  unit: ClaimedUnit,
  { stepName, planProperties, began: _, ...state }: PartitionState,
  elsewhere: boolean
): PartitionOrder {
  return {
    stepExecutionId: unit.stepExecutionId!,
    stepName,
    partitionNumber: unit.partitionNumber!,
    planProperties,
    remote: unit.remote,
    elsewhere: unit.remote && elsewhere,
    state
  }
}
