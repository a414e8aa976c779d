// Units below a unit: partitions of a step and flows of a split, inserted only under a parent that is still ours (ENGINE E8).
import type { BatchStatus } from '../batch/batch-status.ts'
import { type Metrics } from '../batch/metrics.ts'
import { metricsJson, metricsOf } from './counters.ts'
import { type Database, rows } from './database.ts'
import { type Claim, LATEST_PARTITIONED } from './step-starts.ts'
import { fromBytes } from './structured.ts'
import { transactionOnce } from './transaction-once.ts'

/** A PostgreSQL that is away is waited for: the renewal decides whether this server lives on meanwhile (ENGINE E6). */
const UNTIL_BACK = { awayMs: Infinity } as const

/** Whether children may be inserted: `fenced` = the parent is not ours any more; `stopping` = a stop was requested. */
export type ParentState = 'started' | 'stopping' | 'fenced'

/** E8: the root for share, then the parent for update, both in statements before the insert. */
async function lockParent(trx: Database, claim: Claim): Promise<ParentState> {
  const [root] = await rows<{ status: string }>(
    trx,
    /* sql */ `select r.status from unit r where r.unit_id = (select root_id from unit where unit_id = :unitId) for share`,
    { unitId: claim.unitId }
  )
  const [parent] = await rows<{ status: string }>(
    trx,
    `select status from unit where unit_id = :unitId and epoch = :epoch and status in ('STARTED', 'STOPPING') for update`,
    { ...claim }
  )
  if (parent === undefined) return 'fenced'
  return root?.status === 'STARTED' && parent.status === 'STARTED' ? 'started' : 'stopping'
}

export interface PartitionPlanRows {
  readonly stepExecutionId: number
  readonly partitions: readonly {
    readonly partitionNumber: number
    readonly planProperties: Readonly<Record<string, string>>
  }[]
  readonly carriedOver: readonly number[]
  readonly override: boolean
}

/**
 * Stores the plan of a partitioned step: every partition's row, STARTING with the checkpoint of the latest attempt (not
 * under `override`), or as it ended there when it is carried over. Rows that stand already (under resume) are kept.
 */
export async function insertPartitions(
  db: Database,
  claim: Claim,
  plan: PartitionPlanRows
): Promise<ParentState> {
  const carried = new Set(plan.carriedOver)
  return await transactionOnce(db, UNTIL_BACK, async trx => {
    const state = await lockParent(trx, claim)
    if (state === 'fenced') return state
    await rows(
      trx,
      /* sql */ `
      with given as (
        select * from json_to_recordset(:partitions::json) as g ("partitionNumber" integer, "planProperties" jsonb,
          carried boolean)
      ), latest as (
        select ${LATEST_PARTITIONED} as step_execution_id from step_execution s
        where s.step_execution_id = :stepExecutionId
      ), step as (
        update step_execution set partitioned = true where step_execution_id = :stepExecutionId
        returning step_execution_id, execution_id
      )
      insert into partition (step_execution_id, partition_number, execution_id, batch_status, exit_status, start_time,
        end_time, message, plan_properties, carried_over, persistent_user_data, reader_checkpoint, writer_checkpoint,
        chunk_number)
      select step.step_execution_id, g."partitionNumber", step.execution_id,
        case when g.carried then b.batch_status else 'STARTING' end, case when g.carried then b.exit_status end,
        case when g.carried then b.start_time end, case when g.carried then b.end_time end, null,
        g."planProperties", g.carried, b.persistent_user_data, b.reader_checkpoint, b.writer_checkpoint,
        coalesce(b.chunk_number, 0)
      from step, given g left join latest on not :override::boolean
        left join partition b on b.step_execution_id = latest.step_execution_id and b.partition_number = g."partitionNumber"
      on conflict do nothing`,
      {
        stepExecutionId: plan.stepExecutionId,
        override: plan.override,
        partitions: JSON.stringify(
          plan.partitions.map(partition => ({
            ...partition,
            carried: carried.has(partition.partitionNumber)
          }))
        )
      }
    )
    return state
  })
}

/** A child to make a unit of. */
export type ChildUnit =
  | { readonly kind: 'partition'; readonly stepExecutionId: number; readonly partitionNumber: number }
  | { readonly kind: 'flow'; readonly split: string; readonly flow: string }

/**
 * Makes READY units of children, taken only by `incarnation`. Nothing is made unless the answer is `started`; the rows of
 * flows are made here too, those of partitions were made by insertPartitions.
 */
export async function insertChildUnits(
  db: Database,
  claim: Claim,
  incarnation: string,
  children: readonly ChildUnit[]
): Promise<ParentState> {
  return await transactionOnce(db, UNTIL_BACK, async trx => {
    const state = await lockParent(trx, claim)
    if (state !== 'started') return state
    await rows(
      trx,
      /* sql */ `
      with given as (
        select * from json_to_recordset(:children::json) as g (ordinal integer, kind text,
          "stepExecutionId" bigint, "partitionNumber" integer, split text, flow text)
      ), parent as (select * from unit where unit_id = :unitId),
      flows as (
        insert into flow (execution_id, split, flow, batch_status)
        select parent.execution_id, g.split, g.flow, 'STARTING' from given g, parent where g.kind = 'flow'
        on conflict (execution_id, split, flow) do nothing
      )
      insert into unit (unit_id, kind, parent_id, root_id, instance_id, execution_id, application, status, priority, preemptible,
        only_incarnation, step_execution_id, partition_number, split, flow)
      select nextval('unit_id'), g.kind, parent.unit_id, parent.root_id, parent.instance_id, parent.execution_id,
        parent.application, 'READY', parent.priority, parent.preemptible, :incarnation, g."stepExecutionId", g."partitionNumber", g.split, g.flow
      from given g, parent order by g.ordinal`,
      {
        unitId: claim.unitId,
        incarnation,
        children: JSON.stringify(children.map((child, ordinal) => ({ ordinal, ...child })))
      }
    )
    return state
  })
}

/** What a partition's thread goes on with. */
export interface PartitionState {
  readonly stepName: string
  readonly planProperties: Readonly<Record<string, string>>
  readonly persistentUserData: unknown
  readonly readerCheckpoint: unknown
  readonly writerCheckpoint: unknown
  readonly chunkNumber: number
  readonly metrics: Metrics
}

export async function findPartitionState(
  db: Database,
  stepExecutionId: number,
  partitionNumber: number
): Promise<PartitionState | null> {
  const [row] = await rows<{
    step_name: string
    plan_properties: Record<string, string>
    persistent_user_data: Buffer | null
    reader_checkpoint: Buffer | null
    writer_checkpoint: Buffer | null
    chunk_number: number
    metrics: Record<string, number>
  }>(
    db,
    /* sql */ `select s.step_name, p.plan_properties, p.persistent_user_data, p.reader_checkpoint, p.writer_checkpoint,
      p.chunk_number, ${metricsJson('p', 'one')} as metrics
    from partition p join step_execution s using (step_execution_id)
    where p.step_execution_id = :stepExecutionId and p.partition_number = :partitionNumber`,
    { stepExecutionId, partitionNumber }
  )
  if (row === undefined) return null
  return {
    stepName: row.step_name,
    planProperties: row.plan_properties,
    persistentUserData: fromBytes(row.persistent_user_data),
    readerCheckpoint: fromBytes(row.reader_checkpoint),
    writerCheckpoint: fromBytes(row.writer_checkpoint),
    chunkNumber: row.chunk_number,
    metrics: metricsOf(row.metrics)
  }
}

/** How children ended, where their units are gone: what a parent that was told of a stop asks for. */
export async function findChildEnds(
  db: Database,
  parentUnitId: number,
  of: { readonly stepExecutionId: number } | { readonly executionId: number; readonly split: string }
): Promise<
  { partitionNumber: number | null; flow: string | null; batchStatus: BatchStatus; began: boolean }[]
> {
  if ('stepExecutionId' in of)
    return await rows(
      db,
      /* sql */ `select p.partition_number as "partitionNumber", null as flow, p.batch_status as "batchStatus",
        p.start_time is not null as began
      from partition p where p.step_execution_id = :stepExecutionId
        and p.batch_status in ('STOPPED', 'FAILED', 'COMPLETED') and not exists (
          select from unit u where u.parent_id = :parentUnitId and u.partition_number = p.partition_number)`,
      { parentUnitId, ...of }
    )
  return await rows(
    db,
    /* sql */ `select null as "partitionNumber", f.flow, f.batch_status as "batchStatus", false as began
    from flow f where f.execution_id = :executionId and f.split = :split
      and f.batch_status in ('STOPPED', 'FAILED', 'COMPLETED') and not exists (
        select from unit u where u.parent_id = :parentUnitId and u.flow = f.flow)`,
    { parentUnitId, ...of }
  )
}
