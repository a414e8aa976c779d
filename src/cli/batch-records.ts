// What of a server's answers the commands rely on, checked once, so that another program's answer is told as that.
import { CliError, EXIT } from './cli-error.ts'

/** As received, all fields kept, in the server's order. */
export interface InstanceRecord extends Readonly<Record<string, unknown>> {
  readonly instanceId: number
}

export interface ExecutionRecord extends Readonly<Record<string, unknown>> {
  readonly executionId: number
  readonly batchStatus: string
}

export interface StepRecord extends Readonly<Record<string, unknown>> {
  readonly stepName: string
  readonly batchStatus: string
}

type JsonObject = Readonly<Record<string, unknown>>

export function instanceRecord(json: unknown): InstanceRecord {
  return recordOf<InstanceRecord>(json, 'job instance', { instanceId: 'number' })
}

export function executionRecord(json: unknown): ExecutionRecord {
  return recordOf<ExecutionRecord>(json, 'job execution', { executionId: 'number', batchStatus: 'string' })
}

export function listOf<T>(json: unknown, read: (element: unknown) => T): T[] {
  if (!Array.isArray(json)) throw unexpected('list')
  return json.map(element => read(element))
}

export function objectOf(json: unknown): JsonObject {
  return recordOf<JsonObject>(json, 'object', {})
}

/** The steps of an execution: the links at the end of Liberty's list are none. */
export function stepRecords(json: unknown): StepRecord[] {
  return listOf(json, objectOf).filter(
    (step): step is StepRecord =>
      typeof step['stepName'] === 'string' && typeof step['batchStatus'] === 'string'
  )
}

/** The text of a field; '' where there is none. */
export function textField(record: JsonObject, name: string): string {
  const value = record[name]
  return typeof value === 'string' ? value : ''
}

export function recordOf<T>(json: unknown, what: string, fields: Readonly<Record<string, string>>): T {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw unexpected(what)
  for (const [name, type] of Object.entries(fields))
    if (typeof (json as JsonObject)[name] !== type) throw unexpected(`${what} (${name})`)
  return json as T
}

function unexpected(what: string): CliError {
  return new CliError(EXIT.failed, `The server's answer holds no ${what}: is it a batch server?`)
}
