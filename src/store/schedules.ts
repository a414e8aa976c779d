// Schedules as rows: created, edited and switched by people here; what the clock does with them is schedule-firings.ts.
import type { JobSchedule, LastRun, ScheduleSettings, ScheduleState } from '../batch/job-schedule.ts'
import { type Database, rows } from './database.ts'
import { dropUnfiredDeadlines } from './deadlines.ts'
import { likePattern } from './selection-conditions.ts'

export interface NewSchedule extends ScheduleSettings {
  readonly name: string
  readonly definition: string
  readonly system: boolean
  readonly by: string
}

const LAST_RUN = /* sql */ `
  left join lateral (
    select r.instance_id, i.batch_status, e.start_time, e.end_time
    from run r join job_instance i using (instance_id) join job_execution e on e.execution_id = i.latest_execution_id
    where r.schedule_id = s.schedule_id order by r.instance_id desc limit 1
  ) l on true`

const COLUMNS = /* sql */ `s.schedule_id as "scheduleId", s.name, s.code, s.label, s.description, s.definition, s.version,
  s.parameters, s.timing as when, s.time_zone as "timeZone", s.start_time as start, s.end_time as "end", s.overlap, s.missed,
  s.missed_limit as "missedLimit", s.deadlines, s.state, s.system,
  (select d.system from definition d where d.name = s.definition) as "runsSystem", s.revision, s.create_time as "createTime",
  s.created_by as "createdBy", s.update_time as "updateTime", s.updated_by as "updatedBy",
  s.activated_by as "activatedBy", s.next_fire_time as "nextFireTime"`

const SELECT = /* sql */ `select ${COLUMNS}, l.instance_id as "lastInstanceId", l.batch_status as "lastStatus",
  l.start_time as "lastStart", l.end_time as "lastEnd" from schedule s ${LAST_RUN}`

interface Row extends Omit<JobSchedule, 'lastRun'> {
  readonly lastInstanceId: number | null
  readonly lastStatus: LastRun['batchStatus']
  readonly lastStart: Date | null
  readonly lastEnd: Date | null
}

function scheduleOf({ lastInstanceId, lastStatus, lastStart, lastEnd, ...row }: Row): JobSchedule {
  const lastRun =
    lastInstanceId === null
      ? null
      : { instanceId: lastInstanceId, batchStatus: lastStatus, startTime: lastStart, endTime: lastEnd }
  return { ...row, lastRun }
}

export async function findSchedule(db: Database, name: string): Promise<JobSchedule | null> {
  const [found] = await rows<Row>(db, `${SELECT} where s.name = :name`, { name })
  return found === undefined ? null : scheduleOf(found)
}

export interface ScheduleSearch {
  /** With `*`. */
  readonly name: string | null
  readonly state: ScheduleState | null
  readonly definition: string | null
  readonly after: string | null
  readonly limit: number
}

/** By name. */
export async function listSchedules(db: Database, search: ScheduleSearch): Promise<JobSchedule[]> {
  const found = await rows<Row>(
    db,
    /* sql */ `${SELECT} where (:pattern::text is null or s.name like :pattern)
      and (:state::text is null or s.state = :state)
      and (:definition::text is null or s.definition like :definition)
      and (:after::text is null or s.name > :after collate "C")
    order by s.name collate "C" limit :limit`,
    {
      pattern: search.name === null ? null : likePattern(search.name),
      state: search.state,
      definition: search.definition === null ? null : likePattern(search.definition),
      after: search.after,
      limit: search.limit
    }
  )
  return found.map(scheduleOf)
}

/** Locks it until the transaction ends. */
export async function lockSchedule(trx: Database, name: string): Promise<JobSchedule | null> {
  const locked = await rows(trx, 'select from schedule where name = :name for update', { name })
  return locked.length === 0 ? null : await findSchedule(trx, name)
}

/** `false` = the name is taken. */
export async function insertSchedule(trx: Database, schedule: NewSchedule): Promise<boolean> {
  const inserted = await rows(
    trx,
    /* sql */ `
    insert into schedule (name, code, label, description, definition, version, parameters, timing, time_zone, start_time,
      end_time, overlap, missed, missed_limit, deadlines, system, created_by, updated_by, counts_from_end)
    values (:name, :code, :label, :description, :definition, :version, :parameters::jsonb, :timing::jsonb, :timeZone, :start,
      :end, :overlap, :missed, :missedLimit, :deadlines::jsonb, :system, :by, :by, :countsFromEnd)
    on conflict (name) do nothing returning 1`,
    { ...schedule, ...columnsOf(schedule) }
  )
  return inserted.length === 1
}

export async function updateSchedule(
  trx: Database,
  scheduleId: number,
  settings: ScheduleSettings,
  by: string
): Promise<void> {
  await rows(
    trx,
    /* sql */ `
    update schedule set code = :code, label = :label, description = :description, version = :version,
      parameters = :parameters::jsonb, timing = :timing::jsonb, time_zone = :timeZone, start_time = :start, end_time = :end,
      overlap = :overlap, missed = :missed, missed_limit = :missedLimit, deadlines = :deadlines::jsonb,
      counts_from_end = :countsFromEnd,
      update_time = clock_timestamp(), updated_by = :by, revision = nextval('schedule_revision')
    where schedule_id = :scheduleId`,
    { ...settings, ...columnsOf(settings), scheduleId, by }
  )
}

function columnsOf({ parameters, deadlines, when }: ScheduleSettings) {
  return {
    deadlines: deadlines === null ? null : JSON.stringify(deadlines),
    parameters: JSON.stringify(parameters),
    timing: JSON.stringify(when),
    countsFromEnd: 'rule' in when && (when.rule.everyMinutes ?? null) !== null
  }
}

/** Its decisions go with it; its runs stay. */
export async function deleteScheduleRow(trx: Database, scheduleId: number): Promise<void> {
  await rows(trx, 'delete from schedule where schedule_id = :scheduleId', { scheduleId })
}

export async function activateScheduleRow(
  trx: Database,
  change: { readonly scheduleId: number; readonly nextFireTime: Date | null; readonly by: string }
): Promise<void> {
  await rows(
    trx,
    /* sql */ `update schedule set state = 'Active', next_fire_time = :nextFireTime, activated_by = :by,
      update_time = clock_timestamp(), updated_by = :by, revision = nextval('schedule_revision')
    where schedule_id = :scheduleId`,
    { ...change }
  )
}

/** What waits to be fired is not any more; a run in progress goes on. */
export async function deactivateScheduleRow(
  trx: Database,
  change: { readonly scheduleId: number; readonly by: string }
): Promise<void> {
  await rows(
    trx,
    /* sql */ `update decision set waiting = false,
      reason = case decision when 'queued' then 'inactive' else reason end, decision = 'skipped'
    where schedule_id = :scheduleId and waiting`,
    { scheduleId: change.scheduleId }
  )
  await dropUnfiredDeadlines(trx, change.scheduleId)
  await rows(
    trx,
    /* sql */ `update schedule set state = 'InActive', next_fire_time = null, update_time = clock_timestamp(),
      updated_by = :by, revision = nextval('schedule_revision')
    where schedule_id = :scheduleId`,
    { ...change }
  )
}
