// Stores submitted jobs: instance, first execution, parameters and unit of each in one statement, which is one commit for
// however many were submitted at that moment (ENGINE E5).
import type { InstanceState } from '../batch/instance-state.ts'
import type { RunOrigin } from '../batch/run.ts'
import { type Database, preparedRows } from './database.ts'
import { INSERT_DEADLINES } from './deadlines.ts'
import { claimKeys, type IdempotencyKey, type KeyVerdict } from './idempotency-keys.ts'
import { IN_MAINTENANCE } from './maintenance.ts'
import { AUDITED_RUN, INSERT_RUNS, keepsDefinition, runRows, runsOfDeleted } from './runs.ts'
import { transactionOnce } from './transaction-once.ts'
import {
  INSERT_CLAIMED_UNITS,
  insertUnits,
  UNIT_COLUMNS,
  unitColumns,
  type UnitSettings
} from './unit-inserts.ts'
import type { ClaimedUnit } from './units.ts'

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

interface Inserted {
  readonly createTime: Date
  /** By its seat, and epoch 1: it is to begin. */
  readonly claimed: boolean
}

export type SubmitVerdict =
  | ({ readonly kind: 'inserted' } & Inserted)
  /** The definition that it is a run of has been deleted meanwhile. */
  | { readonly kind: 'undefined'; readonly definition: string }
  | Exclude<KeyVerdict, { readonly kind: 'won' }>

/** A thread that is kept for a job while it is stored by this incarnation, which claims it in the same commit. */
export interface Seat {
  readonly incarnation: string
  /** Once, always: what was claimed is to begin; `null` = nothing was, and the thread is free again. */
  end(claimed: ClaimedUnit | null): void
}

type Submission = StoredSubmission &
  SubmissionIds & {
    /** Absent or `null`: whoever has a thread claims it. */
    readonly seat?: Seat | null
  }

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
  return (await insert(db, submissions)).map(each => ({ kind: 'inserted', ...each }))
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
  const inserted = winners.length === 0 ? [] : await insert(trx, winners)
  const won = new Map(winners.map((each, at) => [each.instanceId, inserted[at]!]))
  return submissions.map(
    ({ instanceId }) => lost.get(instanceId) ?? { kind: 'inserted', ...won.get(instanceId)! }
  )
}

async function insert(trx: Database, submissions: readonly Submission[]): Promise<Inserted[]> {
  const columns = await unitColumns(trx, submissions)
  const runs = runRows(submissions)
  const haveDeadlines = runs.some(({ deadlines }) => deadlines !== null)
  const incarnation = submissions.find(({ seat }) => seat)?.seat?.incarnation ?? null
  const inserted = await preparedRows<{ instance_id: number } & Inserted>(
    trx,
    /* sql */ `
    with submission as (
      select * from json_to_recordset(:submissions::json) as s (
        "instanceId" bigint, "executionId" bigint, "unitId" bigint, "jobName" text, "appName" text, application text,
        "jobXMLName" text, "xmlId" bigint, inline boolean, "instanceState" text, submitter text, "operationGroups" text[],
        "auditedParameters" json, seated boolean, ${UNIT_COLUMNS})
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
    ), ${incarnation === null ? `unit as (${insertUnits('submission')})` : INSERT_CLAIMED_UNITS}, ${runs.length === 0 ? '' : `run as (${INSERT_RUNS}), `}${haveDeadlines ? `deadline as (${INSERT_DEADLINES}), ` : ''} audit as (
      insert into audit (who, what, target, after)
      select submitter, 'instance.submit', 'instance:' || "instanceId", jsonb_build_object('executionId', "executionId",
        'jobName', "jobName", 'application', application, 'jobXMLName', "jobXMLName", 'inline', inline,
        'jobParameters', "auditedParameters")${runs.length === 0 ? '' : ` || ${AUDITED_RUN}`}
      from submission s
    )
    select instance_id, create_time as "createTime", ${incarnation === null ? 'false as claimed from instance' : `status = 'CLAIMED' as claimed from instance join unit using (instance_id)`}`,
    {
      incarnation,
      submissions: JSON.stringify(
        submissions.map(
          ({ jobParameters: _, caps: __, idempotencyKey: ___, run: ____, seat, ...submission }, at) => ({
            ...submission,
            seated: Boolean(seat),
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
  const byId = new Map(inserted.map(({ instance_id: id, ...row }) => [id, row]))
  return submissions.map(({ instanceId }) => byId.get(instanceId)!)
}

/** What `claimUnits` would have given of one that its submit claimed. */
export function claimedAtSubmit(submission: Submission): ClaimedUnit {
  const { application, jobName, xmlId, inline, jobParameters, caps, run } = submission
  const { recovery, priority, preemptible, timeLimit, firstStep = null } = submission
  return {
    unitId: submission.unitId,
    kind: 'execution',
    parentId: null,
    rootId: submission.unitId,
    instanceId: submission.instanceId,
    executionId: submission.executionId,
    executionNumber: 0,
    application,
    epoch: 1,
    seq: 0,
    resumed: false,
    jobName,
    xmlId,
    inline,
    jobParameters,
    secretParameters: run?.secretParameters ?? null,
    logPath: '',
    restartOn: null,
    capped: caps.length > 0,
    recovery,
    priority,
    preemptible,
    timeLimit,
    firstStep,
    stepExecutionId: null,
    partitionNumber: null,
    split: null,
    flow: null,
    remote: false
  }
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
