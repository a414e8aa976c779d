// Where engines may call artifacts in another order, or more often, and both are right: the one table of it.
import type { ComparedCall } from './golden-recording.ts'

export interface NeutralDifference {
  readonly name: string
  /** Brings the calls of one execution to the form that both engines share. */
  readonly normalise: (calls: readonly ComparedCall[]) => readonly ComparedCall[]
}

export const NEUTRAL_DIFFERENCES: readonly NeutralDifference[] = []
