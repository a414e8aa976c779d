// Deadlines of runs, and of nominal times that have no run (yet): a row each, which is judged once, over all servers, when it is due.
import type { Deadlines } from '../batch/deadlines.ts'
import { type Database, rows } from './database.ts'

/** At once. */
const MOST_JUDGED = 200

/**
 * The part of the statement that stores submissions: `runs` is their JSON, `instance` what was inserted. A nominal time that had
 * no run until now keeps what was told of it.
 */
export const INSERT_DEADLINES = /* sql */ `
  insert into deadline (kind, due, instance_id, definition, schedule_id, schedule, nominal_time)
  select d.kind, coalesce(r."nominalTime", i.create_time) + d.seconds * interval '1 second', i.instance_id, r.definition,
    r."scheduleId", r.schedule, r."nominalTime"
  from json_to_recordset(:runs::json) as r ("instanceId" bigint, definition text, "scheduleId" bigint, schedule text,
      "nominalTime" timestamptz, deadlines json)
    join instance i on i.instance_id = r."instanceId"
    cross join lateral (values ('start', (r.deadlines->>'startWithinSeconds')::integer),
      ('end', (r.deadlines->>'endWithinSeconds')::integer)) d (kind, seconds)
  where d.seconds is not null
  on conflict (schedule_id, nominal_time, kind) where nominal_time is not null do update set instance_id = excluded.instance_id`

/** Of nominal times that were decided, and not fired: they may be made up for, and are late all the same. */
export async function insertUnfiredDeadlines(
  trx: Database,
  schedule: { readonly scheduleId: number; readonly name: string; readonly definition: string },
  deadlines: Deadlines,
  nominalTimes: readonly Date[]
): Promise<void> {
  await rows(
    trx,
    /* sql */ `insert into deadline (kind, due, definition, schedule_id, schedule, nominal_time)
    select d.kind, t.at + d.seconds * interval '1 second', :definition, :scheduleId, :name, t.at
    from unnest(:times::timestamptz[]) t (at)
      cross join (values ('start', :start::integer), ('end', :end::integer)) d (kind, seconds)
    where d.seconds is not null
    on conflict (schedule_id, nominal_time, kind) where nominal_time is not null do nothing`,
    {
      definition: schedule.definition,
      scheduleId: schedule.scheduleId,
      name: schedule.name,
      times: nominalTimes.map(time => time.toISOString()),
      start: deadlines.startWithinSeconds,
      end: deadlines.endWithinSeconds
    }
  )
}

/** What will not be fired any more, because somebody has switched the schedule off, is late for nobody. */
export async function dropUnfiredDeadlines(trx: Database, scheduleId: number): Promise<void> {
  await rows(
    trx,
    'delete from deadline where schedule_id = :scheduleId and instance_id is null and judged_at is null',
    { scheduleId }
  )
}

/** Long judged, and of no run. */
export async function forgetUnfiredDeadlines(db: Database, days: number): Promise<void> {
  await rows(
    db,
    /* sql */ `delete from deadline where instance_id is null and judged_at < clock_timestamp() - :days * interval '1 day'`,
    { days }
  )
}

export interface MissedDeadline {
  readonly kind: 'start' | 'end'
  readonly due: Date
  readonly definition: string
  readonly schedule: string | null
  readonly nominalTime: Date | null
  readonly instanceId: number | null
}

/**
 * Judges what is due, each deadline by one server and for ever, and leaves an event for each that was missed in the same commit.
 * A second late: what was stored just in time is committed by then.
 */
export async function judgeDeadlines(db: Database): Promise<MissedDeadline[]> {
  return await rows<MissedDeadline>(
    db,
    /* sql */ `
    with due as (
      select deadline_id from deadline where judged_at is null and due < clock_timestamp() - interval '1 second'
      order by due limit ${MOST_JUDGED} for update skip locked
    ), judged as (
      update deadline d set judged_at = clock_timestamp(), missed = not exists (
        select from job_instance i join job_execution e using (instance_id)
        where i.instance_id = d.instance_id and case d.kind when 'start' then e.start_time <= d.due
          else e.execution_id = i.latest_execution_id and e.end_time <= d.due end)
      from due where d.deadline_id = due.deadline_id returning d.*
    ), told as (
      insert into event (kind, instance_id, body)
      select 'deadlines/' || j.kind || '_missed', j.instance_id, jsonb_build_object('due', j.due, 'definition', j.definition,
        'schedule', j.schedule, 'nominal_time', j.nominal_time, 'batch_status', i.batch_status,
        'execution_id', i.latest_execution_id)
      from judged j left join job_instance i using (instance_id) where j.missed order by j.due
    )
    select kind, due, definition, schedule, nominal_time as "nominalTime", instance_id as "instanceId"
    from judged where missed order by due`
  )
}
