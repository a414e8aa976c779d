// The start of units: what a thread takes up becomes STARTED to the world, in one statement for all that start at one moment.
import type { UnitKind } from '../batch/unit-status.ts'
import { type Database, preparedRows } from './database.ts'

export interface UnitStart {
  readonly unitId: number
  readonly epoch: number
  /** Absent = it may be any. */
  readonly kind?: UnitKind
  /** Directory of the execution's job log relative to the log root. */
  readonly logPath: string
  /** A step of an execution that never had one: it starts in the same commit. */
  readonly firstStep?: string | null
}

/**
 * Gives the units that started, each with its first step's execution if it was to have one; those missing were stopped, swept or
 * taken since. A unit of another epoch is never touched (ENGINE E2).
 */
export async function startUnits(
  db: Database,
  server: { readonly serverId: string; readonly restUrl: string },
  starts: readonly UnitStart[]
): Promise<Map<number, number | null>> {
  const onlyExecutions = starts.every(({ kind }) => kind === 'execution')
  const started = await preparedRows<{ unit_id: number; step_execution_id: number | null }>(
    db,
    startStatement(onlyExecutions),
    { ...server, starts: JSON.stringify(starts.map(({ kind: _, ...start }) => start)) }
  )
  return new Map(started.map(row => [row.unit_id, row.step_execution_id]))
}

/** Each table that a statement may write costs the same again whether it writes there or not: one for most launches, one for all. */
function startStatement(onlyExecutions: boolean): string {
  const children = /* sql */ `partition as (
      update partition p set batch_status = 'STARTED', start_time = coalesce(p.start_time, clock_timestamp()),
        last_updated_time = clock_timestamp(),
        -- As Liberty shows them: of partitions that any server might have taken.
        server_id = case when s.only_incarnation is null then :serverId else '' end,
        rest_url = case when s.only_incarnation is null then :restUrl else '' end
      from started s where s.kind = 'partition' and p.step_execution_id = s.step_execution_id
        and p.partition_number = s.partition_number and p.batch_status in ('STARTING', 'STARTED')
    ), flow as (
      update flow f set batch_status = 'STARTED' from started s
      where s.kind = 'flow' and f.execution_id = s.execution_id and f.split = s.split and f.flow = s.flow
        and f.batch_status in ('STARTING', 'STARTED')
    ),`
  return /* sql */ `
    with given as (
      select * from json_to_recordset(:starts::json) as g ("unitId" bigint, epoch integer, "logPath" text, "firstStep" text)
    ), mine as (
      select u.unit_id from unit u join given on given."unitId" = u.unit_id and given.epoch = u.epoch
      where u.status = 'CLAIMED' order by u.unit_id for update of u
    ), started as (
      update unit u set status = 'STARTED' from mine, given
      where u.unit_id = mine.unit_id and given."unitId" = u.unit_id and u.status = 'CLAIMED' and u.epoch = given.epoch
      returning u.*, given."logPath", given."firstStep"
    ), ${onlyExecutions ? '' : children} execution as (
      update job_execution e set batch_status = 'STARTED', start_time = coalesce(e.start_time, clock_timestamp()),
        last_updated_time = clock_timestamp(), server_id = :serverId, rest_url = :restUrl, log_path = s."logPath"
      from started s where s.kind = 'execution' and e.execution_id = s.execution_id and e.batch_status = 'STARTING'
      returning e.execution_id, e.instance_id
    ), instance as (
      update job_instance i set batch_status = 'STARTED', instance_state = 'DISPATCHED',
        last_updated_time = clock_timestamp()
      from execution e where i.instance_id = e.instance_id
        -- With "is true": found by its id, never by an index of states.
        and (i.instance_state in ('SUBMITTED', 'JMS_QUEUED', 'JMS_CONSUMED', 'DISPATCHED')) is true
      returning i.instance_id
    ), step as (
      insert into step_execution (step_execution_id, execution_id, instance_id, step_name, unit_id, batch_status)
      -- After the execution and its instance: their events are told first.
      select nextval('step_execution_id'), s.execution_id, s.instance_id, s."firstStep", s.unit_id, 'STARTED'
      from started s join instance i on i.instance_id = s.instance_id where s."firstStep" is not null
      returning unit_id, step_execution_id
    )
    select s.unit_id, step.step_execution_id from started s left join step on step.unit_id = s.unit_id
    union all
    -- Started by an earlier try whose commit was in doubt: an epoch belongs to one claim (E5).
    select u.unit_id, s.step_execution_id
    from unit u join given on given."unitId" = u.unit_id and given.epoch = u.epoch
      left join step_execution s on s.execution_id = u.execution_id and s.step_name = given."firstStep"
    where u.status in ('STARTED', 'STOPPING')`
}
