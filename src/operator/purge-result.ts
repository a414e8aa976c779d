// What may be asked of a purge of many, and what it says of each: words the rooms above share with the use case.

import type { InstanceSelection } from '../store/instance-selection.ts'
import type { AskServers } from './other-servers.ts'

export interface PurgeOptions {
  /** Liberty's purgeJobStoreOnly: the rows go, the log files stay. */
  readonly jobStoreOnly: boolean
  /** Who asks other servers to delete the logs that they have; absent = nobody: the caller is told where to ask. */
  readonly others?: Pick<AskServers, 'deleteJobLogs'>
  /** Of a single one: `true` = where one other server has all logs, the caller is told where to ask. */
  readonly redirect?: boolean
}

/** Liberty's words. JOBLOGS_ONLY: the files are gone, the rows are not. NOT_LOCAL: another server has the files. */
export type PurgeStatus = 'COMPLETED' | 'FAILED' | 'STILL_ACTIVE' | 'JOBLOGS_ONLY' | 'NOT_LOCAL'

export interface PurgeResult {
  readonly instanceId: number
  readonly purgeStatus: PurgeStatus
  readonly message: string
  /** Of the server to ask instead, when NOT_LOCAL; `''` otherwise. */
  readonly restUrl: string
}

/** Of one group of instances that somebody looked at before. */
export interface PlannedPurge {
  /** What they were last updated at, as PostgreSQL wrote it. */
  readonly asOf: ReadonlyMap<number, string>
  readonly jobStoreOnly: boolean
  /** `null`: it stands in no purge plan. */
  readonly planId: number | null
}

/** A purge of many that is only planned: all that matches, not a page of it. */
export interface PlanRequest {
  readonly selection: InstanceSelection
  /** The filter as it was sent. */
  readonly filter: Readonly<Record<string, unknown>>
  readonly jobStoreOnly: boolean
}
