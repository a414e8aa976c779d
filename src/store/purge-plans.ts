// Purge plans: what a purge of many is to take, as it stood when somebody looked; an item for each instance until it is done.
import { appendAudit } from './audit.ts'
import { type Database, rows } from './database.ts'
import type { InstanceScope, InstanceSelection } from './instance-selection.ts'
import { conditionsOf } from './selection-conditions.ts'
import { transactionOnce } from './transaction-once.ts'

const AWAY_MS = 8000

/** A plan can be executed for a day, and is remembered for a month. */
const HOURS_VALID = 24
const DAYS_KEPT = 30

/** What its maker may purge; `null` = everything. */
export interface PurgeReach {
  /** His own; `null` = not even those. */
  readonly submitter: string | null
  readonly operationGroups: readonly string[]
}

/** In whose name and with whose rights it is executed: a Caller, stored. */
export interface PlanExecutor {
  readonly user: string
  readonly roles: readonly string[]
  readonly groups: readonly string[]
}

export interface NewPurgePlan {
  readonly selection: InstanceSelection
  /** What the filters may look at. */
  readonly secrets: InstanceScope['secrets']
  readonly reach: PurgeReach | null
  /** As it was sent, to be shown. */
  readonly filter: Readonly<Record<string, unknown>>
  readonly jobStoreOnly: boolean
  readonly by: string
}

export interface StoredPurgePlan {
  readonly planId: number
  readonly state: 'Planned' | 'Executing' | 'Done' | 'Expired'
  readonly createdBy: string
  readonly expires: Date
  readonly jobStoreOnly: boolean
  /** Those to be purged, and what their job logs hold. */
  readonly instances: number
  readonly bytes: number
  /** The run that executes it. */
  readonly instanceId: number | null
  readonly executor: PlanExecutor | null
  readonly purged: number
  readonly changed: number
  readonly held: number
  readonly failed: number
}

const SELECT = /* sql */ `select plan_id as "planId", created_by as "createdBy", expires, job_store_only as "jobStoreOnly",
  instances, bytes, instance_id as "instanceId", executor, purged, changed, held, failed,
  case when end_time is not null then 'Done' when instance_id is not null then 'Executing'
    when expires < clock_timestamp() then 'Expired' else 'Planned' end as state
  from purge_plan`

/** `db`: without a time limit for statements. Only what has ended, and nobody purges or holds, is in it. */
export async function insertPurgePlan(db: Database, plan: NewPurgePlan): Promise<number> {
  const { conditions, bindings } = conditionsOf(plan.selection, { visibility: null, secrets: plan.secrets })
  const { submitter, operationGroups } = plan.reach ?? { submitter: null, operationGroups: [] }
  const reach =
    plan.reach === null
      ? []
      : [`(i.submitter = :reachSubmitter::text or i.operation_groups && :reachGroups::text[])`]
  const where = [
    ...conditions.map(({ sql }) => sql),
    ...reach,
    `i.instance_state in ('COMPLETED', 'FAILED', 'STOPPED', 'ABANDONED') and i.purge_incarnation is null`
  ].join(' and ')
  const values = { ...bindings, reachSubmitter: submitter, reachGroups: operationGroups }
  return await db.transaction(async trx => {
    const [row] = await rows<{ planId: number; held: number }>(
      trx,
      /* sql */ `insert into purge_plan (created_by, expires, filter, job_store_only, instances, bytes, held)
      select :by, clock_timestamp() + ${HOURS_VALID} * interval '1 hour', :filter::jsonb, :jobStoreOnly, 0, 0,
        (select count(*) from job_instance i join hold h using (instance_id) where ${where})
      returning plan_id as "planId", held`,
      { ...values, by: plan.by, filter: JSON.stringify(plan.filter), jobStoreOnly: plan.jobStoreOnly }
    )
    const { planId, held } = row!
    const [counted] = await rows<{ instances: number }>(
      trx,
      /* sql */ `with item as (
        insert into purge_plan_item (plan_id, instance_id, last_updated_time)
        select :planId, i.instance_id, i.last_updated_time from job_instance i
        where ${where} and not exists (select from hold h where h.instance_id = i.instance_id)
        order by i.instance_id returning 1
      )
      update purge_plan set instances = (select count(*) from item) where plan_id = :planId returning instances`,
      { ...values, planId }
    )
    const after = {
      filter: plan.filter,
      purgeJobStoreOnly: plan.jobStoreOnly,
      instances: counted!.instances,
      held
    }
    await appendAudit(trx, [
      { who: plan.by, what: 'purge-plan.create', target: `purge-plan:${planId}`, after }
    ])
    return planId
  })
}

export async function findPurgePlan(db: Database, planId: number): Promise<StoredPurgePlan | null> {
  const [found] = await rows<StoredPurgePlan>(db, `${SELECT} where plan_id = :planId`, { planId })
  return found ?? null
}

/** The same, locked until the transaction ends. */
export async function lockPurgePlan(trx: Database, planId: number): Promise<StoredPurgePlan | null> {
  const [found] = await rows<StoredPurgePlan>(trx, `${SELECT} where plan_id = :planId for update`, { planId })
  return found ?? null
}

export async function setPlanBytes(db: Database, planId: number, bytes: number): Promise<void> {
  await rows(db, 'update purge_plan set bytes = :bytes where plan_id = :planId', { planId, bytes })
}

/** With the run that does it, in its transaction. */
export async function beginPlan(
  trx: Database,
  { planId, instanceId, executor }: { planId: number; instanceId: number; executor: PlanExecutor }
): Promise<void> {
  await rows(
    trx,
    'update purge_plan set instance_id = :instanceId, executor = :executor::jsonb where plan_id = :planId',
    { planId, instanceId, executor: JSON.stringify(executor) }
  )
  await appendAudit(trx, [
    {
      who: executor.user,
      what: 'purge-plan.execute',
      target: `purge-plan:${planId}`,
      after: { instanceId }
    }
  ])
}

export interface PlanItem {
  readonly instanceId: number
  /** As PostgreSQL writes it, to the microsecond. */
  readonly lastUpdatedTime: string
  readonly marked: boolean
}

/** By instance, after one. */
export async function planItems(
  db: Database,
  page: { readonly planId: number; readonly after: number; readonly limit: number }
): Promise<PlanItem[]> {
  return await rows<PlanItem>(
    db,
    /* sql */ `select instance_id as "instanceId", last_updated_time::text as "lastUpdatedTime", marked from purge_plan_item
    where plan_id = :planId and instance_id > :after order by instance_id limit :limit`,
    { ...page }
  )
}

export type ItemOutcome = 'purged' | 'changed' | 'held' | 'failed'

/** Each item counts once, whoever says so how often. */
export async function settleItems(
  db: Database,
  planId: number,
  outcomes: ReadonlyMap<number, ItemOutcome>
): Promise<void> {
  if (outcomes.size === 0) return
  await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    await rows(
      trx,
      /* sql */ `with gone as (
        delete from purge_plan_item p using json_to_recordset(:outcomes::json) as o (id bigint, outcome text)
        where p.plan_id = :planId and p.instance_id = o.id returning o.outcome
      ), counted as (
        select count(*) filter (where outcome = 'purged') as purged, count(*) filter (where outcome = 'changed') as changed,
          count(*) filter (where outcome = 'held') as held, count(*) filter (where outcome = 'failed') as failed from gone
      )
      update purge_plan p set purged = p.purged + c.purged, changed = p.changed + c.changed, held = p.held + c.held,
        failed = p.failed + c.failed
      from counted c where p.plan_id = :planId`,
      { planId, outcomes: JSON.stringify([...outcomes].map(([id, outcome]) => ({ id, outcome }))) }
    )
  })
}

export async function endPlan(db: Database, planId: number): Promise<void> {
  await rows(
    db,
    'update purge_plan set end_time = coalesce(end_time, clock_timestamp()) where plan_id = :planId',
    { planId }
  )
}

/** How many log parts of its items are indexed. */
export async function countPlannedLogs(db: Database, planId: number): Promise<number> {
  const [row] = await rows<{ parts: number }>(
    db,
    /* sql */ `select count(*) as parts from purge_plan_item i join job_execution e using (instance_id)
      join job_log_part p using (execution_id) where i.plan_id = :planId`,
    { planId }
  )
  return row!.parts
}

/** Their paths, relative to the root: all, or of one execution in `every`. */
export async function plannedLogs(db: Database, planId: number, every: number): Promise<string[]> {
  const found = await rows<{ path: string }>(
    db,
    /* sql */ `select p.path from purge_plan_item i join job_execution e using (instance_id)
      join job_log_part p using (execution_id) where i.plan_id = :planId and e.execution_id % :every = 0`,
    { planId, every }
  )
  return found.map(({ path }) => path)
}

/** Those that are not to be executed any more, with their items. */
export async function forgetOldPlans(db: Database): Promise<void> {
  await rows(
    db,
    /* sql */ `delete from purge_plan where (instance_id is null and expires < clock_timestamp() - interval '1 hour'
      or end_time is not null or instance_id is not null) and create_time < clock_timestamp() - ${DAYS_KEPT} * interval '1 day'`
  )
  await rows(
    db,
    /* sql */ `delete from purge_plan_item i using purge_plan p where i.plan_id = p.plan_id and p.instance_id is null
      and p.expires < clock_timestamp() - interval '1 hour'`
  )
}
