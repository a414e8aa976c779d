// Stores submitted jobs: instance, first execution, parameters and unit of each in one statement, which is one commit for
// however many were submitted at that moment (ENGINE E5).
import type { InstanceState } from '../batch/instance-state.ts'
import type { RunOrigin } from '../batch/run.ts'
import type { TimeLimit } from '../batch/time-limit.ts'
import { type Cap, countPlaces, lockCapsOfSubmissions, takePlaces } from './caps.ts'
import { type Database, preparedRows } from './database.ts'
import { INSERT_DEADLINES } from './deadlines.ts'
import { claimKeys, type IdempotencyKey, type KeyVerdict } from './idempotency-keys.ts'
import { IN_MAINTENANCE } from './maintenance.ts'
import { AUDITED_RUN, INSERT_RUNS, keepsDefinition, runRows, runsOfDeleted } from './runs.ts'
import { transactionOnce } from './transaction-once.ts'

/** How long a submit waits for a PostgreSQL that is away. */
const AWAY_MS = 8000

/** What a submission leaves in the store; its length and text rules were checked before. */
export interface StoredSubmission extends UnitSettings {
  readonly jobName: string
  readonly appName: string
  readonly application: string
  readonly jobXMLName: string
  readonly xmlId: number
  readonly inline: boolean
  /** JMS_QUEUED where the server that takes it in does not run it; absent = SUBMITTED. */
  readonly instanceState?: WaitingState
  readonly submitter: string
  /** Of callers beside the submitter that may reach it. */
  readonly operationGroups: readonly string[]
  readonly jobParameters: Readonly<Record<string, string>>
  /** The same as its audit row may show them. */
  readonly auditedParameters: Readonly<Record<string, string>>
  readonly idempotencyKey: IdempotencyKey | null
  /** Where it comes from, when that is a definition. */
  readonly run?: RunOrigin | null
}

/** What an instance is that has not begun. */
export type WaitingState = Extract<InstanceState, 'SUBMITTED' | 'JMS_QUEUED'>

/** How the root unit of an execution is to be run. */
export interface UnitSettings {
  readonly priority: number
  /** Seconds before it may begin; 0 = at once. */
  readonly delaySeconds: number
  readonly caps: readonly Cap[]
  /** `null` = as the server that recovers it has it. */
  readonly recovery: 'fail' | 'resume' | null
  /** It gives its threads to work of higher priority that finds none. */
  readonly preemptible: boolean
  readonly timeLimit: TimeLimit | null
  /** The step it begins with when no job code runs before it; `null` = its thread says when a step starts. */
  readonly firstStep?: string | null
}

export interface SubmissionIds {
  readonly instanceId: number
  readonly executionId: number
  readonly unitId: number
}

/** `inMaintenance`: nothing but the server's own batches may be submitted now. */
export interface DrawnIds extends SubmissionIds {
  readonly inMaintenance: boolean
}

/** Draws the ids of `count` submissions, so that a commit in doubt can be looked up (E5). */
export async function drawSubmissionIds(db: Database, count: number): Promise<DrawnIds[]> {
  return await preparedRows<DrawnIds>(
    db,
    /* sql */ `select nextval('job_instance_id') as "instanceId", nextval('job_execution_id') as "executionId",
      nextval('unit_id') as "unitId", ${IN_MAINTENANCE} as "inMaintenance" from generate_series(1, :count)`,
    { count }
  )
}

/** A place in the queue: what the unit waits for, if anything, and whether it is counted in its caps. */
interface Place {
  readonly waitsFor: 'cap' | 'delay' | null
  readonly holdsCaps: boolean
}

/** Decides for each, in order, and counts those that are admitted. In a transaction when any has caps. */
async function placesOf(trx: Database, settings: readonly UnitSettings[]): Promise<Place[]> {
  const caps = settings.flatMap(each => each.caps)
  const free = caps.length === 0 ? new Map<string, number>() : await lockCapsOfSubmissions(trx, caps)
  const taken: string[] = []
  const places = settings.map(({ caps: own, delaySeconds }): Place => {
    if (delaySeconds > 0) return { waitsFor: 'delay', holdsCaps: false }
    const keys = own.map(cap => cap.key)
    if (!takePlaces(free, keys)) return { waitsFor: 'cap', holdsCaps: false }
    taken.push(...keys)
    return { waitsFor: null, holdsCaps: keys.length > 0 }
  })
  await countPlaces(trx, taken)
  return places
}

/** What of the settings stands in the unit's row, as JSON for `insertUnits`. */
export async function unitColumns(trx: Database, settings: readonly UnitSettings[]) {
  const places = await placesOf(trx, settings)
  return settings.map(
    ({ priority, delaySeconds, caps, recovery, preemptible, timeLimit, firstStep = null }, at) => ({
      ...places[at]!,
      priority,
      delaySeconds,
      recovery,
      preemptible,
      firstStep,
      timeLimitSeconds: timeLimit?.limitSeconds ?? null,
      timeWarningSeconds: timeLimit?.warningSeconds ?? null,
      capKeys: caps.map(cap => cap.key)
    })
  )
}

/** The record columns of `unitColumns`, and the insert that reads them from a CTE of that name. */
export const UNIT_COLUMNS = /* sql */ `priority integer, "delaySeconds" double precision, "waitsFor" text,
  "holdsCaps" boolean, "capKeys" text[], recovery text, preemptible boolean, "firstStep" text, "timeLimitSeconds" double precision,
  "timeWarningSeconds" double precision`

export function insertUnitsFrom(cte: string): string {
  return /* sql */ `
    insert into unit (unit_id, kind, root_id, instance_id, execution_id, application, status, waits_for, priority,
      ready_time, cap_keys, holds_caps, recovery, preemptible, first_step, time_limit_seconds, time_warning_seconds)
    select "unitId", 'execution', "unitId", "instanceId", "executionId", application,
      case when "waitsFor" is null then 'READY' else 'WAITING' end, "waitsFor", priority,
      clock_timestamp() + "delaySeconds" * interval '1 second', "capKeys", "holdsCaps", recovery, preemptible, "firstStep",
      "timeLimitSeconds", "timeWarningSeconds"
    from ${cte}`
}

export type SubmitVerdict =
  | { readonly kind: 'inserted'; readonly createTime: Date }
  /** The definition that it is a run of has been deleted meanwhile. */
  | { readonly kind: 'undefined'; readonly definition: string }
  | Exclude<KeyVerdict, { readonly kind: 'won' }>

type Submission = StoredSubmission & SubmissionIds

/**
 * Stores them in one commit, and gives what became of each in the same order: those whose idempotency key was used before
 * are not stored. 23505 on a drawn id means that an earlier try had been committed.
 */
export async function insertSubmissions(
  db: Database,
  submissions: readonly Submission[]
): Promise<SubmitVerdict[]> {
  const plain = submissions.every(
    each => each.caps.length === 0 && each.idempotencyKey === null && !keepsDefinition(each)
  )
  if (!plain) return await transactionOnce(db, { awayMs: AWAY_MS }, trx => insertWinners(trx, submissions))
  const times = await insert(db, submissions)
  return times.map(createTime => ({ kind: 'inserted', createTime }))
}

async function insertWinners(trx: Database, submissions: readonly Submission[]): Promise<SubmitVerdict[]> {
  const keyed = submissions.filter(each => each.idempotencyKey !== null)
  const verdicts = await claimKeys(
    trx,
    keyed.map(({ submitter, instanceId, idempotencyKey }) => ({ submitter, instanceId, ...idempotencyKey! }))
  )
  const lost = new Map<number, SubmitVerdict>()
  for (const { instanceId, definition } of await runsOfDeleted(trx, submissions))
    lost.set(instanceId, { kind: 'undefined', definition })
  for (const [at, verdict] of verdicts.entries())
    if (verdict.kind !== 'won') lost.set(keyed[at]!.instanceId, verdict)
  const winners = submissions.filter(each => !lost.has(each.instanceId))
  const times = winners.length === 0 ? [] : await insert(trx, winners)
  const createTimes = new Map(winners.map((each, at) => [each.instanceId, times[at]!]))
  return submissions.map(
    ({ instanceId }) => lost.get(instanceId) ?? { kind: 'inserted', createTime: createTimes.get(instanceId)! }
  )
}

async function insert(trx: Database, submissions: readonly Submission[]): Promise<Date[]> {
  const columns = await unitColumns(trx, submissions)
  const runs = runRows(submissions)
  const haveDeadlines = runs.some(({ deadlines }) => deadlines !== null)
  const inserted = await preparedRows<{ instance_id: number; create_time: Date }>(
    trx,
    /* sql */ `
    with submission as (
      select * from json_to_recordset(:submissions::json) as s (
        "instanceId" bigint, "executionId" bigint, "unitId" bigint, "jobName" text, "appName" text, application text,
        "jobXMLName" text, "xmlId" bigint, inline boolean, "instanceState" text, submitter text, "operationGroups" text[],
        "auditedParameters" json, ${UNIT_COLUMNS})
    ), instance as (
      insert into job_instance (instance_id, job_name, app_name, application, job_xml_name, xml_id, inline, submitter,
        operation_groups, batch_status, instance_state, latest_execution_id)
      select "instanceId", "jobName", "appName", application, "jobXMLName", "xmlId", inline, submitter, "operationGroups",
        'STARTING', coalesce("instanceState", 'SUBMITTED'), "executionId"
      from submission returning instance_id, create_time
    ), execution as (
      insert into job_execution (execution_id, instance_id, execution_number, batch_status)
      select "executionId", "instanceId", 0, 'STARTING' from submission
    ), parameter as (
      insert into job_parameter (execution_id, ordinal, name, value, instance_id, instance_time)
      select p.*, i.instance_id, i.create_time
      from json_to_recordset(:parameters::json) as p ("executionId" bigint, ordinal integer, name text, value text)
        join submission s using ("executionId") join instance i on i.instance_id = s."instanceId"
    ), unit as (${insertUnitsFrom('submission')}
    ), ${runs.length === 0 ? '' : `run as (${INSERT_RUNS}), `}${haveDeadlines ? `deadline as (${INSERT_DEADLINES}), ` : ''} audit as (
      insert into audit (who, what, target, after)
      select submitter, 'instance.submit', 'instance:' || "instanceId", jsonb_build_object('executionId', "executionId",
        'jobName', "jobName", 'application', application, 'jobXMLName', "jobXMLName", 'inline', inline,
        'jobParameters', "auditedParameters")${runs.length === 0 ? '' : ` || ${AUDITED_RUN}`}
      from submission s
    )
    select instance_id, create_time from instance`,
    {
      submissions: JSON.stringify(
        submissions.map(
          ({ jobParameters: _, caps: __, idempotencyKey: ___, run: ____, ...submission }, at) => ({
            ...submission,
            ...columns[at]
          })
        )
      ),
      runs: JSON.stringify(runs),
      parameters: JSON.stringify(
        submissions.flatMap(({ executionId, jobParameters }) => parameterRows(executionId, jobParameters))
      )
    }
  )
  const times = new Map(inserted.map(row => [row.instance_id, row.create_time]))
  return submissions.map(({ instanceId }) => times.get(instanceId)!)
}

interface ParameterRow {
  readonly executionId: number
  readonly ordinal: number
  readonly name: string
  readonly value: string
}

/** Parameters in the order they were given. */
export function parameterRows(
  executionId: number,
  jobParameters: Readonly<Record<string, string>>
): ParameterRow[] {
  return Object.entries(jobParameters).map(([name, value], ordinal) => ({
    executionId,
    ordinal,
    name,
    value
  }))
}
