// Runs: job instances with where they came from; histories of schedules and definitions are made of them.
import type { BatchStatus } from '../batch/batch-status.ts'
import type { Run, RunOrigin } from '../batch/run.ts'
import { type Database, rows } from './database.ts'
import { likePattern } from './selection-conditions.ts'
import { type Visibility, visibleTo } from './visibility.ts'

interface OfRun {
  readonly instanceId: number
  readonly run?: RunOrigin | null
}

/** Its definition must not be deleted while it is stored; what a schedule names cannot be. */
export function keepsDefinition({ run }: OfRun): boolean {
  return run !== undefined && run !== null && run.trigger !== 'schedule'
}

/** Those whose definition is not there any more. The others' cannot be deleted before the transaction ends. */
export async function runsOfDeleted(trx: Database, submissions: readonly OfRun[]) {
  const runs = submissions
    .filter(keepsDefinition)
    .map(({ instanceId, run }) => ({ instanceId, definition: run!.definition }))
  if (runs.length === 0) return []
  const kept = await rows<{ name: string }>(
    trx,
    'select name from definition where name = any(:names::text[]) and delete_time is null order by name for key share',
    { names: [...new Set(runs.map(({ definition }) => definition))] }
  )
  return runs.filter(({ definition }) => !kept.some(({ name }) => name === definition))
}

/** For the statement that stores submissions: one row for each that has an origin. */
export function runRows(submissions: readonly OfRun[]) {
  return submissions.flatMap(({ instanceId, run }) =>
    run === undefined || run === null
      ? []
      : [
          {
            ...run,
            instanceId,
            scheduleId: run.schedule?.scheduleId ?? null,
            schedule: run.schedule?.name ?? null
          }
        ]
  )
}

/** What the audit tells of the run that a submission `s` is, if it is one. */
export const AUDITED_RUN = /* sql */ `coalesce((
  select jsonb_build_object('definition', r.definition, 'version', r.version, 'trigger', r.trigger, 'schedule', r.schedule)
  from json_to_recordset(:runs::json) as r ("instanceId" bigint, definition text, version integer, schedule text, trigger text)
  where r."instanceId" = s."instanceId"), '{}')`

/** The part of that statement: `runs` is their JSON, `instance` what was inserted. */
export const INSERT_RUNS = /* sql */ `
  insert into run (instance_id, definition, version, schedule_id, schedule, trigger, nominal_time, secret_parameters)
  select r."instanceId", r.definition, r.version, r."scheduleId", r.schedule, r.trigger, r."nominalTime", r."secretParameters"
  from json_to_recordset(:runs::json) as r ("instanceId" bigint, definition text, version integer, "scheduleId" bigint,
    schedule text, trigger text, "nominalTime" timestamptz, "secretParameters" text[])
    join instance i on i.instance_id = r."instanceId"`

/**
 * For statements that ask for a run in progress. Few are, at any time: from a long history of runs, most of which have ended,
 * the planner would look at them all.
 */
export const ACTIVE_INSTANCES = /* sql */ `with active as materialized (select instance_id from job_instance
  where instance_state in ('SUBMITTED', 'JMS_QUEUED', 'JMS_CONSUMED', 'DISPATCHED'))`

const SELECT = /* sql */ `
  select i.instance_id as "instanceId", e.execution_id as "executionId", r.definition, r.version, r.schedule,
    coalesce(r.trigger, 'manual') as trigger, r.nominal_time as "nominalTime", i.create_time as "createTime",
    e.start_time as "startTime", e.end_time as "endTime", e.batch_status as "batchStatus", e.exit_status as "exitStatus",
    i.submitter, by_start.due as "startBy", by_start.missed as "startMissed", by_end.due as "endBy", by_end.missed as "endMissed"
  from job_instance i join job_execution e on e.execution_id = i.latest_execution_id
    left join deadline by_start on by_start.instance_id = i.instance_id and by_start.kind = 'start'
    left join deadline by_end on by_end.instance_id = i.instance_id and by_end.kind = 'end'`

export async function findRun(db: Database, instanceId: number): Promise<Run | null> {
  const [found] = await rows<Run>(
    db,
    `${SELECT} left join run r on r.instance_id = i.instance_id where i.instance_id = :instanceId`,
    { instanceId }
  )
  return found ?? null
}

/** What is not `null` must match, and whatever is in a list. */
export interface RunSearch {
  /** Names, with `*`; each must match. */
  readonly schedules: readonly string[]
  readonly definitions: readonly string[]
  readonly scheduleId: number | null
  /** Only runs of schedules. */
  readonly ofSchedules: boolean
  readonly batchStatuses: readonly BatchStatus[] | null
  /** Of the creation, both inside: times are shown in whole milliseconds, and stored finer. */
  readonly from: Date | null
  readonly to: Date | null
  /** An instance id: only what is older. */
  readonly before: number | null
  readonly limit: number
}

/** Newest first. Runs of schedules are seen by all who may see any. */
export async function listRuns(
  db: Database,
  search: RunSearch,
  visibility: Visibility | null
): Promise<Run[]> {
  const visible = visibleTo(visibility, 'i')
  const conditions = [
    `(r.schedule_id is not null or ${visible.condition})`,
    ...(search.scheduleId === null ? [] : ['r.schedule_id = :scheduleId']),
    ...(search.ofSchedules ? ['r.schedule_id is not null'] : []),
    ...search.schedules.map((pattern, at) => nameIs('r.schedule', pattern, `schedule${at}`)),
    ...search.definitions.map((pattern, at) => nameIs('r.definition', pattern, `definition${at}`)),
    ...(search.batchStatuses === null ? [] : ['e.batch_status = any(:batchStatuses::text[])']),
    ...(search.from === null ? [] : ['i.create_time >= :from']),
    ...(search.to === null ? [] : [`i.create_time < :to::timestamptz + interval '1 millisecond'`]),
    ...(search.before === null ? [] : ['r.instance_id < :before'])
  ]
  return await rows<Run>(
    db,
    `${SELECT} join run r on r.instance_id = i.instance_id where ${conditions.join(' and ')} order by r.instance_id desc limit :limit`,
    {
      ...visible.bindings,
      ...search,
      ...bound('schedule', search.schedules),
      ...bound('definition', search.definitions)
    }
  )
}

/** A name in full finds its rows by the index. */
function nameIs(column: string, pattern: string, binding: string): string {
  return `${column} ${pattern.includes('*') ? 'like' : '='} :${binding}`
}

function bound(prefix: string, patterns: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    patterns.map((pattern, at) => [`${prefix}${at}`, pattern.includes('*') ? likePattern(pattern) : pattern])
  )
}
