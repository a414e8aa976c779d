// The end of units: the row goes, and what it came to stands on its execution, partition or flow, in one statement for all
// that end at one moment. Whether a stop came first is decided here (ENGINE E11).
import type { EndStatus } from '../batch/batch-status.ts'
import type { Metrics } from '../batch/metrics.ts'
import type { UnitKind } from '../batch/unit-status.ts'
import { countersIfGiven } from './counters.ts'
import { type Database, preparedRows, rows } from './database.ts'
import { endStepsOf, STEP_END_COLUMNS, type StepEnd, stepEndJson } from './step-ends.ts'
import type { Claim } from './step-starts.ts'
import { toBytes } from './structured.ts'

export interface UnitEnd {
  readonly unitId: number
  readonly epoch: number
  /** Absent = it may be any. */
  readonly kind?: UnitKind
  readonly batchStatus: EndStatus
  /** `null` = the batch status that is written. */
  readonly exitStatus: string | null
  /** kind execution: where the next execution begins. */
  readonly restartOn: string | null
  /** Why, where the engine and not the job decided. */
  readonly reason: string | null
  /** kind flow: stored as it is for the parent. */
  readonly flowOutcome: unknown
  /** kind partition; `null` = what its last checkpoint stored stays. */
  readonly partition: {
    readonly persistentUserData: unknown
    /** `null` = leave the counters of its last checkpoint. */
    readonly metrics: Metrics | null
    readonly message: string | null
  } | null
  /** The step that was at work last and ends with it. */
  readonly step?: UnitStepEnd | null
  /** Parts of its job log that are not indexed yet, relative to the root of the logs, and the server that wrote them. */
  readonly logParts?: { readonly serverId: string; readonly paths: readonly string[] }
}

/** As of `endSteps`; guarded by the claim of the unit that ends. */
export type UnitStepEnd = Omit<StepEnd, keyof Claim>

export interface EndedUnit {
  readonly unitId: number
  readonly batchStatus: EndStatus
  readonly exitStatus: string
}

/** A time limit that was exceeded, and what came to it then. */
const REASON = /* sql */ `nullif(concat_ws('; ', g.overdue, g.reason), '')`

/**
 * Gives what was stored, for those that ended now: an end that would be COMPLETED and finds STOPPING is STOPPED, and what was
 * stopped for its time limit is FAILED, with the limit as the reason. A unit
 * that is missing in the answer was not ours any more, or had ended by an earlier try (`endedBefore` tells).
 */
export async function endUnits(db: Database, ends: readonly UnitEnd[]): Promise<EndedUnit[]> {
  const given = ends.map(({ kind: _, ...end }) => ({
    ...end,
    userData:
      end.partition === null ? null : (toBytes(end.partition.persistentUserData)?.toString('hex') ?? null),
    metrics: end.partition?.metrics ?? null,
    kept: end.partition === null,
    message: end.partition === null ? end.reason : end.partition.message,
    partition: undefined,
    step: end.step ? stepEndJson(end.step) : null
  }))
  // The counters of a step with partitions are summed from theirs.
  const plain = ends.every(({ kind, step }) => kind === 'execution' && (!step || step.metrics !== null))
  return await preparedRows<EndedUnit>(db, endStatement(plain), { ends: JSON.stringify(given) })
}

/** As of starts: `plain` are executions whose step has no partitions. */
function endStatement(plain: boolean): string {
  const children = /* sql */ `partition as (
      update partition p set batch_status = g.final, exit_status = coalesce(g."exitStatus", g.final),
        end_time = clock_timestamp(), last_updated_time = clock_timestamp(), message = coalesce(g.message, g.overdue),
        ended_epoch = g.epoch, persistent_user_data =
          case when g.kept then p.persistent_user_data else decode(g."userData", 'hex') end,
        ${countersIfGiven('g.metrics', 'p')}
      from gone g where g.kind = 'partition' and p.step_execution_id = g.step_execution_id
        and p.partition_number = g.partition_number and p.batch_status in ('STARTED', 'STOPPING')
    ), flow as (
      update flow f set batch_status = g.final, outcome = g."flowOutcome", ended_epoch = g.epoch
      from gone g where g.kind = 'flow' and f.execution_id = g.execution_id and f.split = g.split and f.flow = g.flow
        and f.batch_status in ('STARTED', 'STOPPING')
    ),`
  return /* sql */ `
    with given as (
      select * from json_to_recordset(:ends::json) as g ("unitId" bigint, epoch integer, "batchStatus" text,
        "exitStatus" text, "restartOn" text, reason text, "flowOutcome" jsonb, "userData" text, kept boolean, metrics json, message text,
        step json, "logParts" json)
    ), mine as (
      select u.unit_id from unit u join given on given."unitId" = u.unit_id and given.epoch = u.epoch
      where u.status in ('STARTED', 'STOPPING') order by u.unit_id for update of u
    ), gone as (
      delete from unit u using mine, given
      where u.unit_id = mine.unit_id and given."unitId" = u.unit_id and u.epoch = given.epoch
        and u.status in ('STARTED', 'STOPPING')
      returning u.*, given."exitStatus", given."restartOn", given.reason, given."flowOutcome", given."userData", given.kept,
        given.metrics, given.message, given.step, given."logParts",
        case when u.status = 'STOPPING' and u.overdue is not null then 'FAILED'
          when u.status = 'STOPPING' and given."batchStatus" = 'COMPLETED' then 'STOPPED'
          else given."batchStatus" end as final
    ), ending as (
      select g.status, g.overdue, s.* from gone g cross join json_to_record(g.step) as s (${STEP_END_COLUMNS})
      where g.step is not null
    ), ${endStepsOf('ending', !plain)}, part as (
      insert into job_log_part (execution_id, path, server_id)
      select g.execution_id, path, g."logParts"->>'serverId'
      from gone g cross join json_array_elements_text(g."logParts"->'paths') path
      on conflict do nothing
    ), ${plain ? '' : children} execution as (
      update job_execution e set batch_status = g.final, exit_status = coalesce(g."exitStatus", g.final),
        end_time = clock_timestamp(), last_updated_time = clock_timestamp(), restart_on = g."restartOn",
        reason = coalesce(${REASON}, case when g.final <> 'COMPLETED' then e.reason end), ended_epoch = g.epoch, stop_requested_by = g.stop_requested_by,
        stop_requested_at = g.stop_requested_at
      -- After its last step, whose event is told first.
      from gone g, (select count(*) from ended_step) as steps
      where g.kind = 'execution' and e.execution_id = g.execution_id
        and e.batch_status in ('STARTED', 'STOPPING')
      returning e.instance_id, e.batch_status, e.exit_status, e.end_time
    ), instance as (
      update job_instance i set batch_status = e.batch_status, instance_state = e.batch_status,
        exit_status = e.exit_status, last_updated_time = e.end_time
      -- With "is true": no index of states, which has dead entries of all that ended lately, is to be read for one row.
      from execution e where i.instance_id = e.instance_id and (i.instance_state = 'DISPATCHED') is true
    )
    select unit_id as "unitId", final as "batchStatus", coalesce("exitStatus", final) as "exitStatus" from gone`
}

/** What this very claim of a unit stored at its end, if it did: looked up after a commit in doubt (ENGINE E5). */
export async function findEnd(
  db: Database,
  unit: {
    readonly unitId: number
    readonly epoch: number
    readonly kind: UnitKind
    readonly executionId: number
    readonly stepExecutionId: number | null
    readonly partitionNumber: number | null
    readonly split: string | null
    readonly flow: string | null
  }
): Promise<EndedUnit | null> {
  const [found] = await rows<EndedUnit>(db, FIND_END[unit.kind], { ...unit })
  return found ?? null
}

const FIND_END: Record<UnitKind, string> = {
  execution: /* sql */ `select :unitId::bigint as "unitId", batch_status as "batchStatus", exit_status as "exitStatus"
    from job_execution where execution_id = :executionId and ended_epoch = :epoch and end_time is not null`,
  partition: /* sql */ `select :unitId::bigint as "unitId", batch_status as "batchStatus", exit_status as "exitStatus"
    from partition where step_execution_id = :stepExecutionId and partition_number = :partitionNumber
      and ended_epoch = :epoch and end_time is not null`,
  flow: /* sql */ `select :unitId::bigint as "unitId", batch_status as "batchStatus", batch_status as "exitStatus"
    from flow where execution_id = :executionId and split = :split and flow = :flow and ended_epoch = :epoch`
}
