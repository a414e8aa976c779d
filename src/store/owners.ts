// Who a job instance belongs to: asked before a use case, where not everybody may do it. One statement by a key each.
import { type Database, rows } from './database.ts'

export interface Owner {
  readonly instanceId: number
  readonly submitter: string
  readonly operationGroups: readonly string[]
}

/** What a request names. */
export type OwnedThing = 'jobInstance' | 'jobExecution' | 'stepExecution'

const FROM: Record<OwnedThing, string> = {
  jobInstance: 'job_instance i where i.instance_id = any(:ids::bigint[])',
  jobExecution:
    'job_execution e join job_instance i using (instance_id) where e.execution_id = any(:ids::bigint[])',
  stepExecution:
    'step_execution s join job_instance i using (instance_id) where s.step_execution_id = any(:ids::bigint[])'
}

/** `null` = there is no such thing. */
export async function findOwner(db: Database, thing: OwnedThing, id: number): Promise<Owner | null> {
  const [owner] = await findOwners(db, thing, [id])
  return owner ?? null
}

/** Of those that exist, in no order. */
export async function findOwners(db: Database, thing: OwnedThing, ids: readonly number[]): Promise<Owner[]> {
  return await rows<Owner>(
    db,
    `select i.instance_id as "instanceId", i.submitter, i.operation_groups as "operationGroups" from ${FROM[thing]}`,
    { ids }
  )
}
