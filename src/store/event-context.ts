// What readers of events need beside them: whose instance it is, and the parameters of executions (they never change).
import { MASK } from '../batch/secret-parameters.ts'
import { type Database, rows } from './database.ts'

export interface EventInstance {
  readonly instanceId: number
  readonly jobName: string
  readonly submitter: string
  readonly operationGroups: readonly string[]
}

/** Of those that still exist. */
export async function instancesOfEvents(
  db: Database,
  instanceIds: readonly number[]
): Promise<ReadonlyMap<number, EventInstance>> {
  if (instanceIds.length === 0) return new Map()
  const found = await rows<EventInstance>(
    db,
    /* sql */ `select instance_id as "instanceId", job_name as "jobName", submitter, operation_groups as "operationGroups"
    from job_instance where instance_id = any(:instanceIds::bigint[])`,
    { instanceIds }
  )
  return new Map(found.map(instance => [instance.instanceId, instance]))
}

/** By execution id; an execution without any has no entry. What a definition declares secret is masked. */
export async function parametersOfExecutions(
  db: Database,
  executionIds: readonly number[]
): Promise<ReadonlyMap<number, Readonly<Record<string, string>>>> {
  if (executionIds.length === 0) return new Map()
  const found = await rows<{ executionId: number; parameters: Record<string, string> }>(
    db,
    /* sql */ `select p.execution_id as "executionId", json_object_agg(p.name,
      case when p.name = any(r.secret_parameters) then :mask else p.value end order by p.ordinal) as parameters
    from job_parameter p left join run r using (instance_id)
    where p.execution_id = any(:executionIds::bigint[]) group by p.execution_id`,
    { executionIds, mask: MASK }
  )
  return new Map(found.map(({ executionId, parameters }) => [executionId, parameters]))
}
