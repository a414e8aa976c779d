// What readers of events need beside them: whose instance it is, and the parameters of executions (they never change).
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

/** By execution id; an execution without any has no entry. */
export async function parametersOfExecutions(
  db: Database,
  executionIds: readonly number[]
): Promise<ReadonlyMap<number, Readonly<Record<string, string>>>> {
  if (executionIds.length === 0) return new Map()
  const found = await rows<{ executionId: number; parameters: Record<string, string> }>(
    db,
    /* sql */ `select execution_id as "executionId", json_object_agg(name, value order by ordinal) as parameters
    from job_parameter where execution_id = any(:executionIds::bigint[]) group by execution_id`,
    { executionIds }
  )
  return new Map(found.map(({ executionId, parameters }) => [executionId, parameters]))
}
