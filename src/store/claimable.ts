// Which READY units a server may take: of its applications, of the groups it is bound to, and not of what is at its cap there.
import { SYSTEM_APPLICATION } from '../batch/system-batch.ts'
import type { Runs } from './incarnations.ts'

export interface Claimable extends Runs {
  readonly incarnation: string
  /** No executions of these: they are at their caps on this server. Absent or `null` = none is. */
  readonly full?: { readonly jobs: readonly string[]; readonly applications: readonly string[] } | null
}

/** A condition on `unit u`, and its bindings. Only servers that are bound, or at a cap of their own, look at the jobs behind. */
export function claimable({ incarnation, applications, operationGroups, full }: Claimable): {
  readonly condition: string
  readonly bindings: Readonly<Record<string, unknown>>
} {
  const groups = /* sql */ `
    and (u.only_incarnation is not null or u.application = :system or exists (select from job_instance i
      where i.instance_id = u.instance_id and i.operation_groups && :operationGroups::text[]))`
  const caps = /* sql */ `
    and not (u.kind = 'execution' and (u.application = any(:fullApplications::text[]) or exists (
      select from job_instance i where i.instance_id = u.instance_id and i.job_name = any(:fullJobs::text[]))))`
  const condition = /* sql */ `
    (u.only_incarnation = :incarnation or u.only_incarnation is null and u.application = any(:applications))`
  return {
    condition: condition + (operationGroups ? groups : '') + (full ? caps : ''),
    bindings: {
      incarnation,
      applications,
      ...(operationGroups ? { operationGroups, system: SYSTEM_APPLICATION } : {}),
      ...(full ? { fullJobs: full.jobs, fullApplications: full.applications } : {})
    }
  }
}
