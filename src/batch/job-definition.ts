// A job definition: a named JSL in versions that never change, with the parameters it takes.
import type { Deadlines } from './deadlines.ts'

export interface ParameterSpec {
  /** `null` = none. */
  readonly default: string | null
  readonly required: boolean
  /** Nobody is shown its value. */
  readonly secret: boolean
  readonly description: string | null
}

export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>

/** One version of a definition, with what all of its versions share. */
export interface JobDefinition {
  readonly name: string
  readonly version: number
  readonly latestVersion: number
  readonly description: string | null
  readonly application: string
  /** `null`: the JSL came with the request. */
  readonly jobXMLName: string | null
  /** Ids of all steps, in document order. */
  readonly steps: readonly string[]
  readonly parameters: ParameterSpecs
  readonly deadlines: Deadlines | null
  /** Of this version. */
  readonly createTime: Date
  readonly createdBy: string
  /** Part of the server: it cannot be deleted. */
  readonly system: boolean
  /** Rises with each change of the definition or its versions. */
  readonly revision: number
}
