// What protects a job instance from every purge, until somebody lets it go.
import type { InstanceState } from './instance-state.ts'

export interface Hold {
  readonly instanceId: number
  readonly reason: string
  /** Who placed it. */
  readonly heldBy: string
  readonly since: Date
}

/** As a list shows it. */
export interface ListedHold extends Hold {
  readonly jobName: string
  readonly instanceState: InstanceState
}
