// Claims of units: PostgreSQL is the queue (ENGINE E3), and a claim touches nothing but units.
import type { TimeLimit } from '../batch/time-limit.ts'
import type { UnitKind } from '../batch/unit-status.ts'
import { type Claimable, claimable } from './claimable.ts'
import { type Database, preparedRows, rows } from './database.ts'
import { parametersOf } from './job-executions.ts'

/** A unit claimed by this server, with what is needed to begin it. */
export interface ClaimedUnit {
  readonly unitId: number
  readonly kind: UnitKind
  readonly parentId: number | null
  readonly rootId: number
  readonly instanceId: number
  readonly executionId: number
  readonly executionNumber: number
  readonly application: string
  readonly epoch: number
  readonly seq: number
  readonly resumed: boolean
  readonly jobName: string
  readonly xmlId: number
  readonly inline: boolean
  readonly jobParameters: Readonly<Record<string, string>>
  /** Names of those that its definition declares secret; `null` = none. */
  readonly secretParameters?: readonly string[] | null
  readonly logPath: string
  /** Where the execution before this one told this one to begin. */
  readonly restartOn: string | null
  readonly capped: boolean
  /** What its job says of a server that dies or drains; `null` = as the server has it. */
  readonly recovery: 'fail' | 'resume' | null
  readonly priority: number
  /** It gives its thread to work of higher priority that finds none. */
  readonly preemptible: boolean
  /** Of its execution. */
  readonly timeLimit: TimeLimit | null
  /** The step that its start starts too, as no job code runs before it. */
  readonly firstStep?: string | null
  readonly stepExecutionId: number | null
  readonly partitionNumber: number | null
  readonly split: string | null
  readonly flow: string | null
  /** A partition that any server may take, its parent's or another. */
  readonly remote: boolean
}

type ClaimedRow = Omit<ClaimedUnit, 'jobParameters'> & { parameters: [string, string][] | null }

/**
 * Takes up to `limit` READY units (and what may be claimed ahead) that this server can run: children first, then by priority, then by age. Empty when the
 * incarnation's lease has run out.
 */
export async function claimUnits(
  db: Database,
  claim: Claimable & {
    readonly limit: number
    /** Units more than `limit`, unless another live server has a free thread (E4). */
    readonly ahead?: number
    /** No executions: there is no live thread left for one (E10). */
    readonly childrenOnly?: boolean
  }
): Promise<ClaimedUnit[]> {
  const { condition, bindings } = claimable(claim)
  const claimed = await preparedRows<ClaimedRow>(
    db,
    /* sql */ `
    with me as (
      select incarnation from incarnation
      where incarnation = :incarnation and expires > clock_timestamp() and dead_at is null for key share
    ), chosen as (
      select u.unit_id from unit u
      where u.status = 'READY' and exists (select from me)
        and ${condition}
        and (u.kind <> 'execution' or not :childrenOnly::boolean)
      order by (u.kind = 'execution'), u.priority desc, u.ready_time, u.unit_id
      limit :limit::int + case when exists (
        select from incarnation o where o.incarnation <> :incarnation and o.dead_at is null
          and o.expires > clock_timestamp() and o.free_threads > 0)
        -- What a server has free is known as of its last renewal: partitions that any may take are not kept from it.
        or exists (select from unit p where p.status = 'READY' and p.kind = 'partition' and p.only_incarnation is null)
        then 0 else :ahead::int end
      for update skip locked
    ), claimed as (
      update unit u set status = 'CLAIMED', epoch = u.epoch + 1, incarnation = :incarnation, yield_requested_at = null
      from chosen where u.unit_id = chosen.unit_id returning u.*
    )
    select c.unit_id as "unitId", c.kind, c.parent_id as "parentId", c.root_id as "rootId",
      c.instance_id as "instanceId", c.execution_id as "executionId", e.execution_number as "executionNumber",
      c.application, c.cap_keys <> '{}' as capped, c.recovery, c.priority, c.preemptible,
      case when e.execution_number = 0 and not c.resumed then c.first_step end as "firstStep",
      case when c.time_limit_seconds is not null then json_build_object('limitSeconds', c.time_limit_seconds,
        'warningSeconds', c.time_warning_seconds) end as "timeLimit", c.epoch, c.seq, c.resumed, i.job_name as "jobName", i.xml_id as "xmlId", i.inline, e.log_path as "logPath",
      c.step_execution_id as "stepExecutionId", c.partition_number as "partitionNumber", c.split, c.flow,
      c.kind = 'partition' and c.only_incarnation is null as remote,
      (select json_agg(json_build_array(name, value) order by ordinal) from job_parameter p
        where p.execution_id = c.execution_id) as parameters,
      (select r.secret_parameters from run r where r.instance_id = c.instance_id) as "secretParameters",
      (select b.restart_on from job_execution b where e.execution_number > 0 and b.instance_id = e.instance_id
        and b.execution_number = e.execution_number - 1) as "restartOn"
    from claimed c join job_instance i on i.instance_id = c.instance_id
      join job_execution e on e.execution_id = c.execution_id
    order by (c.kind = 'execution'), c.priority desc, c.ready_time, c.unit_id`,
    { ...bindings, limit: claim.limit, ahead: claim.ahead ?? 0, childrenOnly: claim.childrenOnly ?? false }
  )
  return claimed.map(({ parameters, ...unit }) => ({
    ...unit,
    jobParameters: parametersOf(parameters ?? [])
  }))
}

/** Gives back what was claimed and not begun (E4); what is not CLAIMED by this epoch any more is left alone. */
export async function releaseUnits(
  db: Database,
  units: readonly { readonly unitId: number; readonly epoch: number }[]
): Promise<void> {
  await rows(
    db,
    /* sql */ `update unit u set status = 'READY', incarnation = null
    from json_to_recordset(:units::json) as given ("unitId" bigint, epoch integer)
    where u.unit_id = given."unitId" and u.epoch = given.epoch and u.status = 'CLAIMED'`,
    { units: JSON.stringify(units.map(({ unitId, epoch }) => ({ unitId, epoch }))) }
  )
}

/** Units whose delay is over become READY, or wait for their caps from now on (E13's tick); says how many. */
export async function admitDelayedUnits(db: Database): Promise<number> {
  const admitted = await rows(
    db,
    /* sql */ `update unit set
      status = case when cap_keys <> '{}' and not holds_caps then 'WAITING' else 'READY' end,
      waits_for = case when cap_keys <> '{}' and not holds_caps then 'cap' end
    where unit_id in (
      select unit_id from unit where status = 'WAITING' and waits_for = 'delay' and ready_time <= clock_timestamp()
      order by unit_id for update skip locked)
    returning unit_id`
  )
  return admitted.length
}
