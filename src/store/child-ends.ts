// How the children of a unit ended, read by a parent that nobody told in memory: they ran on another server, or a stop came first.
import type { BatchStatus, EndStatus } from '../batch/batch-status.ts'
import { type Database, rows } from './database.ts'
import { retrying } from './retry.ts'
import type { Claim } from './step-starts.ts'

export interface ChildEnd {
  readonly partitionNumber: number | null
  readonly flow: string | null
  /** STARTING: it gave way (ENGINE E12), and nothing will run it before its parent makes its unit anew. */
  readonly batchStatus: BatchStatus
  readonly exitStatus: string | null
  readonly message: string | null
  readonly began: boolean
}

/** Those whose units are gone. `among`: only partitions of these numbers. */
export async function findChildEnds(
  db: Database,
  parentUnitId: number,
  of: { readonly stepExecutionId: number } | { readonly executionId: number; readonly split: string },
  among: readonly number[] | null = null
): Promise<ChildEnd[]> {
  if ('stepExecutionId' in of)
    return await rows<ChildEnd>(
      db,
      /* sql */ `select p.partition_number as "partitionNumber", null as flow, p.batch_status as "batchStatus",
        p.exit_status as "exitStatus", p.message, p.start_time is not null as began
      from partition p where p.step_execution_id = :stepExecutionId
        and (:among::integer[] is null or p.partition_number = any(:among::integer[]))
        and p.batch_status in ('STARTING', 'STOPPED', 'FAILED', 'COMPLETED') and not exists (
          select from unit u where u.parent_id = :parentUnitId and u.partition_number = p.partition_number)`,
      { parentUnitId, among, ...of }
    )
  return await rows<ChildEnd>(
    db,
    /* sql */ `select null as "partitionNumber", f.flow, f.batch_status as "batchStatus", null as "exitStatus", null as message, false as began
    from flow f where f.execution_id = :executionId and f.split = :split
      and f.batch_status in ('STOPPED', 'FAILED', 'COMPLETED') and not exists (
        select from unit u where u.parent_id = :parentUnitId and u.flow = f.flow)`,
    { parentUnitId, ...of }
  )
}

/**
 * Flows of a split that an interrupted attempt of this execution brought to their ends, as they stand: what they came to is
 * what their parent goes on with (ENGINE E12). `outcome`: as their ends gave it.
 */
export async function findEndedFlows(
  db: Database,
  of: { readonly executionId: number; readonly split: string }
): Promise<{ readonly flow: string; readonly batchStatus: EndStatus; readonly outcome: unknown }[]> {
  return await rows(
    db,
    /* sql */ `select flow, batch_status as "batchStatus", outcome from flow
    where execution_id = :executionId and split = :split and outcome is not null
      and batch_status in ('STOPPED', 'FAILED', 'COMPLETED')`,
    { ...of }
  )
}

/** Partitions for any server that have not begun lose their units: their parent gives way (ENGINE E12). */
export async function withdrawPartitions(db: Database, parent: Claim): Promise<void> {
  await retrying({ awayMs: Infinity }, () =>
    rows(
      db,
      /* sql */ `delete from unit where parent_id = :unitId and only_incarnation is null and status in ('READY', 'CLAIMED')
        and exists (select from unit p where p.unit_id = :unitId and p.epoch = :epoch)`,
      { ...parent }
    )
  )
}

/** The flows, outermost first, in which a unit runs; its own too. */
export async function findFlowsAbove(
  db: Database,
  unitId: number
): Promise<{ readonly split: string; readonly flow: string }[]> {
  return await rows(
    db,
    /* sql */ `with recursive above as (
      select unit_id, parent_id, split, flow, 0 as depth from unit where unit_id = :unitId
      union all
      select u.unit_id, u.parent_id, u.split, u.flow, a.depth + 1 from unit u join above a on u.unit_id = a.parent_id
    )
    select split, flow from above where flow is not null order by depth desc`,
    { unitId }
  )
}
