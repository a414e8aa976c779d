// Who asks, as every use case sees it: without roles and groups in one record each room would look them up in its own way.
import type { Role } from '../batch/role.ts'

export interface Caller {
  /** Stored as submitter; Liberty's constant `NOTSET` while no users are configured. */
  readonly user: string
  readonly roles: readonly Role[]
  /** Operation groups: what the group roles reach. */
  readonly groups: readonly string[]
}

/** Somebody who may everything: the local user while no users are configured, and the server itself. */
export function adminCaller(user: string): Caller {
  return { user, roles: ['batchAdmin'], groups: [] }
}
