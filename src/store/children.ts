// Units below a unit: partitions of a step and flows of a split, inserted only under a parent that is still ours (ENGINE E8).
import { type Database, rows } from './database.ts'
import { notify } from './notifications.ts'
import { type Claim, LATEST_PARTITIONED } from './step-starts.ts'
import { transactionOnce } from './transaction-once.ts'

/** A PostgreSQL that is away is waited for: the renewal decides whether this server lives on meanwhile (ENGINE E6). */
const UNTIL_BACK = { awayMs: Infinity } as const

/** Whether children may be inserted: `fenced` = the parent is not ours any more; `stopping` = a stop was requested. */
export type ParentState = 'started' | 'stopping' | 'fenced'

/** E8: the root for share, then the parent for update, both in statements before the insert. */
async function lockParent(trx: Database, claim: Claim): Promise<{ state: ParentState; others: boolean }> {
  const [root] = await rows<{ status: string }>(
    trx,
    /* sql */ `select r.status from unit r where r.unit_id = (select root_id from unit where unit_id = :unitId) for share`,
    { unitId: claim.unitId }
  )
  const [parent] = await rows<{ status: string; others: boolean }>(
    trx,
    /* sql */ `select u.status, exists (
      select from incarnation o where o.incarnation <> u.incarnation and o.dead_at is null
        and o.expires > clock_timestamp() and u.application = any(o.applications)) as others
    from unit u where u.unit_id = :unitId and u.epoch = :epoch and u.status in ('STARTED', 'STOPPING') for update`,
    { ...claim }
  )
  if (parent === undefined) return { state: 'fenced', others: false }
  const started = root?.status === 'STARTED' && parent.status === 'STARTED'
  return { state: started ? 'started' : 'stopping', others: parent.others }
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

export interface FirstPartitions {
  readonly incarnation: string
  /** Other servers may take them too; `null` = if there are any that live and have the application. */
  readonly multiJVM: boolean | null
  /** Those to make units of at once. */
  readonly first: readonly ChildUnit[]
}

/**
 * Stores the plan of a partitioned step, and makes READY units of the first partitions in the same transaction. Every
 * partition has a row, STARTING with the checkpoint of the latest attempt (not under `override`), or as it ended there when
 * it is carried over. Rows that stand already (under resume) are kept. `remote`: other servers may take the units.
 */
export async function startPartitions(
  db: Database,
  claim: Claim,
  plan: PartitionPlanRows,
  { incarnation, multiJVM, first }: FirstPartitions
): Promise<{ readonly state: ParentState; readonly remote: boolean }> {
  return await transactionOnce(db, UNTIL_BACK, async trx => {
    const { state, others } = await lockParent(trx, claim)
    const remote = multiJVM ?? others
    if (state === 'fenced') return { state, remote }
    await insertPartitions(trx, plan)
    if (state === 'started') await insertUnits(trx, claim, remote ? null : incarnation, first)
    return { state, remote }
  })
}

async function insertPartitions(trx: Database, plan: PartitionPlanRows): Promise<void> {
  const carried = new Set(plan.carriedOver)
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
    ), stale as (
      delete from collected_data d using given g
      where d.step_execution_id = :stepExecutionId and d.final and d.partition_number = g."partitionNumber" and not g.carried
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
    -- Of an attempt that was interrupted: what had ended otherwise than COMPLETED runs again.
    on conflict (step_execution_id, partition_number) do update set batch_status = 'STARTING', exit_status = null,
      end_time = null, message = null, ended_epoch = null, last_updated_time = clock_timestamp()
      where partition.batch_status in ('STOPPED', 'FAILED') and not excluded.carried_over`,
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
}

/** A child to make a unit of. */
export type ChildUnit =
  | { readonly kind: 'partition'; readonly stepExecutionId: number; readonly partitionNumber: number }
  | { readonly kind: 'flow'; readonly split: string; readonly flow: string }

/**
 * Makes READY units of children, taken only by the incarnation `only`, or, if it is `null`, by any server that has the
 * application. Nothing is made unless the answer is `started`; the rows of flows are made here too, those of partitions were
 * made by startPartitions.
 */
export async function insertChildUnits(
  db: Database,
  claim: Claim,
  only: string | null,
  children: readonly ChildUnit[]
): Promise<ParentState> {
  return await transactionOnce(db, UNTIL_BACK, async trx => {
    const { state } = await lockParent(trx, claim)
    if (state === 'started') await insertUnits(trx, claim, only, children)
    return state
  })
}

async function insertUnits(
  trx: Database,
  claim: Claim,
  only: string | null,
  children: readonly ChildUnit[]
): Promise<void> {
  if (children.length === 0) return
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
      -- Of an attempt that was interrupted: what it had ended with does not count for this one.
      on conflict (execution_id, split, flow) do update set batch_status = 'STARTING', outcome = null, ended_epoch = null
    )
    insert into unit (unit_id, kind, parent_id, root_id, instance_id, execution_id, application, status, priority, preemptible, recovery,
      resumed, only_incarnation, step_execution_id, partition_number, split, flow)
    select nextval('unit_id'), g.kind, parent.unit_id, parent.root_id, parent.instance_id, parent.execution_id,
      parent.application, 'READY', parent.priority, parent.preemptible, parent.recovery,
      -- What a flow has done before the interruption is not done again; a partition goes on from its own row.
      g.kind = 'flow' and parent.resumed, :only, g."stepExecutionId", g."partitionNumber", g.split, g.flow
    from given g, parent order by g.ordinal`,
    {
      unitId: claim.unitId,
      only,
      children: JSON.stringify(children.map((child, ordinal) => ({ ordinal, ...child })))
    }
  )
  if (only === null) await notify(trx, { kind: 'ready' })
}
