// The clock's side of schedules: what is due is claimed by one server at a time, and each nominal time leaves one decision.
import type { Decision, DecisionReason, DecisionWord, JobSchedule } from '../batch/job-schedule.ts'
import { type Database, rows } from './database.ts'
import { IN_MAINTENANCE } from './maintenance.ts'
import { ACTIVE_INSTANCES } from './runs.ts'
import { findSchedule } from './schedules.ts'

/** Active schedules with something to do: they are due, something waits, or the next time follows from a run that ended. */
const TO_DO = /* sql */ `s.state = 'Active' and s.schedule_id in (
  select schedule_id from schedule where next_fire_time <= now()
  union select schedule_id from decision where waiting
  union select schedule_id from schedule where counts_from_end and next_fire_time is null)`

/** A server fires only what it, or no other, has the application for. */
const MINE = /* sql */ `
  exists (select from definition d where d.name = s.definition and (d.application = any(:applications::text[])
    or not exists (select from incarnation i where i.dead_at is null and i.expires > clock_timestamp()
      and d.application = any(i.applications))))`

/** What the clock finds, for whichever server. */
export interface DueSchedules {
  /** A schedule has something to do now. */
  readonly due: boolean
  /** Milliseconds until the next one is due by its time; `null` = none within a second. */
  readonly nextMs: number | null
}

export async function dueSchedules(db: Database): Promise<DueSchedules> {
  const [found] = await rows<DueSchedules>(
    db,
    /* sql */ `select exists (select from schedule s where ${TO_DO}) as due,
      (select extract(epoch from min(next_fire_time) - clock_timestamp())::float8 * 1000 from schedule
        where state = 'Active' and next_fire_time > now() and next_fire_time < now() + interval '1 second') as "nextMs"`
  )
  return found!
}

/** Some of the schedules, `lane` of `lanes` (from 0), and of these what comes after an id. */
export interface ScheduleLane {
  readonly lane: number
  readonly lanes: number
  readonly after: number
}

/** With what its firing has to know, in as few round trips as can be: many are due at the same second. */
export interface ClaimedSchedule {
  readonly schedule: JobSchedule
  /** The store's clock; milliseconds since 1970. */
  readonly now: number
  readonly inMaintenance: boolean
  /** A decision of it waits to be fired. One that was made in this moment by another server is seen in the next round. */
  readonly behind: boolean
}

/** Locks the next one of the lane that no other server has at this moment; in a transaction. `null` = there is none. */
export async function claimSchedule(
  trx: Database,
  of: ScheduleLane,
  applications: readonly string[]
): Promise<ClaimedSchedule | null> {
  const [found] = await rows<{ name: string; now: Date; inMaintenance: boolean; behind: boolean }>(
    trx,
    /* sql */ `select s.name, clock_timestamp() as now, ${IN_MAINTENANCE} as "inMaintenance",
      exists (select from decision d where d.schedule_id = s.schedule_id and d.waiting) as behind
    from schedule s where s.schedule_id > :after
      and s.schedule_id % :lanes = :lane and ${TO_DO} and ${MINE}
    order by s.schedule_id limit 1 for update of s skip locked`,
    { ...of, applications }
  )
  if (found === undefined) return null
  const { name, now, inMaintenance, behind } = found
  const schedule = await findSchedule(trx, name)
  return schedule === null ? null : { schedule, now: now.getTime(), inMaintenance, behind }
}

/** The store's clock, which decides what is due; milliseconds since 1970. */
export async function storeNow(db: Database): Promise<number> {
  const [row] = await rows<{ now: Date }>(db, 'select clock_timestamp() as now')
  return row!.now.getTime()
}

export async function setNextFireTime(trx: Database, scheduleId: number, next: Date | null): Promise<void> {
  await rows(trx, 'update schedule set next_fire_time = :next where schedule_id = :scheduleId', {
    scheduleId,
    next
  })
}

/** The newest run of the schedule that has not ended; `null` = none. */
export async function activeRunOf(db: Database, scheduleId: number): Promise<number | null> {
  const [found] = await rows<{ instanceId: number }>(
    db,
    /* sql */ `${ACTIVE_INSTANCES} select r.instance_id as "instanceId" from active join run r using (instance_id)
    where r.schedule_id = :scheduleId order by r.instance_id desc limit 1`,
    { scheduleId }
  )
  return found?.instanceId ?? null
}

/** Which of these have a decision already; milliseconds since 1970. */
export async function decidedTimes(
  db: Database,
  scheduleId: number,
  times: readonly number[]
): Promise<ReadonlySet<number>> {
  if (times.length === 0) return new Set()
  const found = await rows<{ time: Date }>(
    db,
    /* sql */ `select nominal_time as time from decision
    where schedule_id = :scheduleId and nominal_time = any(:times::timestamptz[])`,
    { scheduleId, times: times.map(time => new Date(time).toISOString()) }
  )
  return new Set(found.map(({ time }) => time.getTime()))
}

export interface NewDecision {
  readonly nominalTime: Date
  readonly decision: DecisionWord
  readonly reason: DecisionReason | null
  readonly message?: string | null
  readonly instanceId?: number | null
  readonly waiting?: boolean
}

/** One for each nominal time for ever; what stands already stays. */
export async function insertDecisions(
  trx: Database,
  scheduleId: number,
  decisions: readonly NewDecision[]
): Promise<void> {
  if (decisions.length === 0) return
  await rows(
    trx,
    /* sql */ `
    insert into decision (schedule_id, nominal_time, decision, reason, message, instance_id, waiting)
    select :scheduleId, d.nominal, d.decision, d.reason, d.message, d."instanceId", coalesce(d.waiting, false)
    from json_to_recordset(:decisions::json) as d (nominal timestamptz, decision text, reason text, message text,
      "instanceId" bigint, waiting boolean)
    on conflict do nothing`,
    {
      scheduleId,
      decisions: JSON.stringify(
        decisions.map(({ nominalTime, ...rest }) => ({ nominal: nominalTime, ...rest }))
      )
    }
  )
}

/** What is still to be fired, oldest first. */
export async function waitingDecisions(db: Database, scheduleId: number): Promise<Decision[]> {
  return await rows<Decision>(
    db,
    `select ${DECISION} from decision where schedule_id = :scheduleId and waiting order by nominal_time`,
    { scheduleId }
  )
}

/** What waited is decided: fired, skipped, or not to be made up for after all (`null` = as it was). */
export async function settleDecision(
  trx: Database,
  scheduleId: number,
  nominalTimes: readonly Date[],
  to: Omit<NewDecision, 'nominalTime' | 'waiting'> | null
): Promise<void> {
  if (nominalTimes.length === 0) return
  await rows(
    trx,
    /* sql */ `
    update decision set waiting = false, decision = coalesce(:decision, decision),
      reason = case when :decision::text is null then reason else :reason end,
      message = coalesce(:message, message), instance_id = coalesce(:instanceId::bigint, instance_id),
      decision_time = clock_timestamp()
    where schedule_id = :scheduleId and nominal_time = any(:nominalTimes::timestamptz[])`,
    {
      scheduleId,
      nominalTimes: nominalTimes.map(time => time.toISOString()),
      decision: to?.decision ?? null,
      reason: to?.reason ?? null,
      message: to?.message ?? null,
      instanceId: to?.instanceId ?? null
    }
  )
}

const DECISION = /* sql */ `nominal_time as "nominalTime", decision, reason, message, instance_id as "instanceId",
  decision_time as time`

/** Newest nominal time first. */
export async function listDecisions(
  db: Database,
  scheduleId: number,
  page: { readonly before: Date | null; readonly limit: number }
): Promise<Decision[]> {
  return await rows<Decision>(
    db,
    /* sql */ `select ${DECISION} from decision
    where schedule_id = :scheduleId and (:before::timestamptz is null or nominal_time < :before)
    order by nominal_time desc limit :limit`,
    { scheduleId, ...page }
  )
}
