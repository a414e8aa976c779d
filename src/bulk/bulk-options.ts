// What the bulk room is made of: handed over by the composition root, shared by its files.
import type { Caller } from '../operator/caller.ts'
import type { JobOperator } from '../operator/job-operator.ts'
import type { Clock } from '../service/clock.ts'
import type { Database } from '../store/database.ts'
import type { ManifestLimits } from './manifest-source.ts'

/** A run of a job definition for one object. */
export interface BulkRunStart {
  readonly definition: string
  /** `null` = the latest. */
  readonly version: number | null
  readonly parameters: Readonly<Record<string, string>>
  /** The transaction it is stored in. */
  readonly within: Database
}

export interface BulkOptions {
  readonly db: Database
  /** For manifests of millions of rows: its statements have no time limit. */
  readonly longDb: Database
  readonly operator: JobOperator
  /** The id of its job instance; refusals are BatchErrors. Nobody is woken: it is not committed yet. */
  startRun(start: BulkRunStart, caller: Caller): Promise<number>
  wakeDispatch(): void
  readonly limits: ManifestLimits
  /** Rejects with ApplicationUnknown. */
  requireApplication(application: string): Promise<void>
  /** BATCH_OPERATION_GROUPS. */
  readonly operationGroups: Readonly<Record<string, string>>
  readonly secretWords: readonly string[]
  readonly clock: Clock
  /** Of this server. */
  readonly incarnation: string
}
