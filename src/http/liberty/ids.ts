// Without this a path's `abc` would reach the database, and 9007199254740993 would be answered with the job beside it.
import { BatchError, type BatchErrorCode } from '../../batch/batch-error.ts'

const LONG = { least: -(2n ** 63n), most: 2n ** 63n - 1n, name: 'a Long integer (64 bits)' }
const SHORT = { least: -(2n ** 15n), most: 2n ** 15n - 1n, name: 'a Short integer (16 bits)' }

export function instanceIdOf(text: string): number {
  return idOf(text, 'job instance id', 'NoSuchJobInstance')
}

export function executionIdOf(text: string): number {
  return idOf(text, 'job execution id', 'NoSuchJobExecution')
}

export function stepExecutionIdOf(text: string): number {
  return idOf(text, 'step execution id', 'NoSuchStepExecution')
}

export function purgePlanIdOf(text: string): number {
  return idOf(text, 'purge plan id', 'NoSuchPurgePlan')
}

/** The sequence number of an execution of its instance; there is none below 0, but asking is no mistake of form. */
export function executionNumberOf(text: string): number {
  return Number(integer(text, 'job execution number', SHORT))
}

/** Ids Liberty would accept but that no database of ours has given out are unknown, not wrong. */
function idOf(text: string, name: string, unknown: BatchErrorCode): number {
  const id = integer(text, name, LONG)
  if (id < 1n || id > Number.MAX_SAFE_INTEGER) throw new BatchError(unknown, [String(id)])
  return Number(id)
}

function integer(text: string, name: string, { least, most, name: kind }: typeof LONG): bigint {
  // Longer than any such number with a few leading zeros: BigInt would spend its time on it.
  const value = /^[+-]?\d{1,40}$/.test(text) ? BigInt(text.replace(/^\+/, '')) : null
  if (value === null || value < least || value > most) {
    throw new BatchError('ParameterInvalid', [name, `"${text.slice(0, 60).toWellFormed()}" must be ${kind}.`])
  }
  return value
}
