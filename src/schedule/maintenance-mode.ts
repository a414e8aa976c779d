// Maintenance mode as the rooms above see it: who may switch it, and on what he bases that.
import { BatchError } from '../batch/batch-error.ts'
import { requireAnyRole, requireRole } from '../operator/authorization.ts'
import type { Caller } from '../operator/caller.ts'
import type { Database } from '../store/database.ts'
import { type Maintenance, readMaintenance, setMaintenance } from '../store/maintenance.ts'
import { expectedOf, type IfMatch } from './preconditions.ts'

export type { Maintenance }

export interface MaintenanceMode {
  read(caller: Caller): Promise<Maintenance>
  set(
    change: { readonly on: boolean; readonly reason: string | null },
    ifMatch: IfMatch,
    caller: Caller
  ): Promise<Maintenance>
}

export function createMaintenanceMode(db: Database): MaintenanceMode {
  return {
    async read(caller) {
      requireAnyRole(caller)
      return await readMaintenance(db)
    },
    async set(change, ifMatch, caller) {
      requireRole(caller, 'batchAdmin')
      if (ifMatch === null) throw new BatchError('PreconditionMissing', ['the maintenance mode'])
      const after = await setMaintenance(db, { ...change, expected: expectedOf(ifMatch), by: caller.user })
      if (after === null) throw new BatchError('PreconditionFailed', ['The maintenance mode'])
      return after
    }
  }
}
