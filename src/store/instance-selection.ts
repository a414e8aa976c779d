// Which job instances a use case over many of them means, as ids: the seam at which further filters come in.
import { type Database, rows } from './database.ts'

/** Inclusive bounds, or a list that may be empty and then matches nothing. */
export type InstanceIds =
  | { readonly kind: 'range'; readonly first: number; readonly last: number }
  | { readonly kind: 'list'; readonly instanceIds: readonly number[] }

export interface InstanceSelection {
  /** `null` = whatever its id. */
  readonly instanceIds: InstanceIds | null
}

/** A page of ids in the order of lists: newest first. */
export async function selectInstances(
  db: Database,
  selection: InstanceSelection,
  paging: { readonly page: number; readonly pageSize: number }
): Promise<number[]> {
  const { condition, bindings } = conditionOf(selection.instanceIds)
  const found = await rows<{ instanceId: number }>(
    db,
    `select instance_id as "instanceId" from job_instance where ${condition}
    order by create_time desc, instance_id desc limit :limit offset :offset`,
    { ...bindings, limit: paging.pageSize, offset: paging.page * paging.pageSize }
  )
  return found.map(({ instanceId }) => instanceId)
}

function conditionOf(ids: InstanceIds | null): { condition: string; bindings: Record<string, unknown> } {
  if (ids === null) return { condition: 'true', bindings: {} }
  switch (ids.kind) {
    case 'range':
      return {
        condition: 'instance_id between :first and :last',
        bindings: { first: ids.first, last: ids.last }
      }
    case 'list':
      return {
        condition: 'instance_id = any(:instanceIds::bigint[])',
        bindings: { instanceIds: ids.instanceIds }
      }
  }
}
