// What a server of this project answers before one acts: why something waits, and what a restart would do.
import { recordOf, objectOf, listOf } from './batch-records.ts'

export interface ExplanationRecord extends Readonly<Record<string, unknown>> {
  readonly state: string
  readonly waitingFor: readonly Readonly<Record<string, unknown>>[]
}

export interface RestartPreview extends Readonly<Record<string, unknown>> {
  readonly restartable: boolean
  readonly steps: readonly Readonly<Record<string, unknown>>[]
  readonly parameters: Readonly<Record<string, unknown>>
  readonly definition: Readonly<Record<string, unknown>>
}

export function explanationRecord(json: unknown): ExplanationRecord {
  const found = recordOf<ExplanationRecord>(json, 'explanation', { state: 'string' })
  return { ...found, waitingFor: listOf(found.waitingFor, objectOf) }
}

export function restartPreview(json: unknown): RestartPreview {
  const found = recordOf<RestartPreview>(json, 'preview of a restart', { restartable: 'boolean' })
  return {
    ...found,
    steps: listOf(found.steps, objectOf),
    parameters: objectOf(found.parameters),
    definition: objectOf(found.definition)
  }
}
