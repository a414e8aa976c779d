// Every change of a bulk job's status: a guarded update whose guard is the table of moves, and its event in the same commit.
import { type BulkJobEvent, bulkJobGuard, type BulkJobStatus } from '../batch/bulk-job-status.ts'
import type { FailureReason, ReportManifest } from '../batch/bulk-job.ts'
import { STARTS_RUNS, THREADS_WANTED, WAITS_FOR_RUNS } from './bulk-runs.ts'
import { IN_MAINTENANCE } from './maintenance.ts'
import { type Database, rows } from './database.ts'

export interface BulkMove {
  readonly jobId: string
  readonly by: BulkJobEvent
  readonly to: BulkJobStatus
  /** Of its event; `null` = none. */
  readonly reason?: string | null
  /** Only while this server is its worker. */
  readonly worker?: string
  readonly failure?: FailureReason
  /** Also stored with the job, as a caller gave it. */
  readonly statusUpdateReason?: string | null
  readonly cancelledBy?: string
  readonly suspendedCause?: string
  readonly report?: ReportManifest | null
  readonly total?: number
}

/** Jobs that are waited for by those of lower priority that have not begun: they run, or will (R002-14). */
const HOLDS_STARTS = /* sql */ `(h.job_status in ('Ready', 'Active', 'Pausing', 'Paused', 'Completing', 'Cancelling', 'Failing')
  or h.job_status in ('New', 'Preparing') and not h.confirmation_required)`

/** Jobs for which one that runs is paused (R002-8): a manifest that is still read needs no thread. */
const HOLDS_WORK = /* sql */ `h.job_status in ('Ready', 'Active', 'Pausing', 'Paused', 'Completing')`

/** The condition of an index, which PostgreSQL does not conclude from a list of other statuses. */
const ALIVE = `job_status not in ('Suspended', 'Complete', 'Cancelled', 'Failed')`

/** A job that is paused keeps its places in caps: one that waits for such a place waits for the job to go on, not to be paused. */
const WAITS_FOR_ITS_CAP = /* sql */ `exists (select from job_instance hi join unit w on w.execution_id = hi.latest_execution_id,
    job_instance ji join unit m on m.execution_id = ji.latest_execution_id
  where hi.instance_id = h.instance_id and w.kind = 'execution' and w.status = 'WAITING' and w.waits_for = 'cap'
    and ji.instance_id = j.instance_id and m.kind = 'execution' and m.holds_caps and m.cap_keys && w.cap_keys)`

const holder = (
  which: string
) => /* sql */ `(select min(h.job_id) from bulk_job h where h.priority > j.priority and h.${ALIVE} and ${which}
    and not ${WAITS_FOR_ITS_CAP})`

/** `false`: its status is none of those that this may come from (any more), or it has another worker. */
export async function moveBulkJob(db: Database, move: BulkMove): Promise<boolean> {
  const unheld = move.by === 'activate' || move.by === 'resume' ? `and ${holder(HOLDS_STARTS)} is null` : ''
  // What runs goes on in maintenance; nothing begins.
  const allowed = move.by === 'activate' ? `and not ${IN_MAINTENANCE}` : ''
  const moved = await rows(
    db,
    /* sql */ `
    with job as (
      update bulk_job j set job_status = :to,
        active_millis = j.active_millis
          + coalesce(extract(epoch from clock_timestamp() - j.active_since) * 1000, 0)::bigint,
        active_since = case when :to in ('Active', 'Pausing') then clock_timestamp() end,
        task_count = coalesce(:total::bigint, j.task_count),
        suspended_date = case when :to = 'Suspended' then clock_timestamp() else j.suspended_date end,
        suspended_cause = case when :to = 'Suspended' then :suspendedCause else j.suspended_cause end,
        termination_date = case when :to in ('Complete', 'Cancelled', 'Failed') then clock_timestamp() end,
        failure_reasons = j.failure_reasons || :failures::jsonb,
        status_update_reason = coalesce(:statusUpdateReason, j.status_update_reason),
        cancelled_by = coalesce(:cancelledBy, j.cancelled_by),
        report = coalesce(:report::json, j.report)
      where j.job_id = :jobId and j.job_status = any(:from::text[])
        and (:worker::uuid is null or j.worker = :worker::uuid) ${unheld} ${allowed}
      returning job_number
    )
    insert into bulk_event (job_number, moved_to, reason) select job_number, :to, :reason from job
    returning job_number`,
    {
      jobId: move.jobId,
      to: move.to,
      from: bulkJobGuard(move.by, move.to),
      reason: move.reason ?? null,
      worker: move.worker ?? null,
      total: move.total ?? null,
      suspendedCause: move.suspendedCause ?? null,
      failures: JSON.stringify(move.failure === undefined ? [] : [move.failure]),
      statusUpdateReason: move.statusUpdateReason ?? null,
      cancelledBy: move.cancelledBy ?? null,
      report: move.report === undefined || move.report === null ? null : JSON.stringify(move.report)
    }
  )
  return moved.length === 1
}

/** A bulk job that something may have to be done for, with the state of its job instance. */
export interface BulkJobLook {
  readonly jobId: string
  readonly jobNumber: number
  readonly status: BulkJobStatus
  readonly confirmationRequired: boolean
  readonly submitter: string
  readonly instanceId: number | null
  readonly cancelledBy: string | null
  /** One that it has to wait for before it begins or goes on; `null` = none. */
  readonly waitsFor: string | null
  /** One that it has to make room for; `null` = none. */
  readonly yieldsTo: string | null
  /** A server that is alive works on it: which. */
  readonly worker: string | null
  readonly executionId: number | null
  readonly batchStatus: string | null
  /** Why its execution ended. */
  readonly executionReason: string | null
  readonly pause: 'none' | 'asked' | 'paused'
  /** Its operation is a job definition, and the next run of it can be started. */
  readonly startsRuns: boolean
  /** Its operation is a job definition, and its execution has nothing to do before a run of it has ended. */
  readonly waitsForRuns: boolean
  /** Something waits for a thread. */
  readonly threadsWanted: boolean
}

export async function lookAtBulkJobs(db: Database): Promise<BulkJobLook[]> {
  return await rows<BulkJobLook>(
    db,
    /* sql */ `select j.job_id as "jobId", j.job_number as "jobNumber", j.job_status as status,
      j.confirmation_required as "confirmationRequired", j.submitter, j.instance_id as "instanceId",
      j.cancelled_by as "cancelledBy", ${holder(HOLDS_STARTS)} as "waitsFor", ${holder(HOLDS_WORK)} as "yieldsTo",
      (select i.incarnation from incarnation i where i.incarnation = j.worker and i.dead_at is null
        and i.expires > clock_timestamp()) as worker,
      e.execution_id as "executionId", e.batch_status as "batchStatus",
      coalesce(e.reason, (select p.message from partition p where p.execution_id = e.execution_id and p.message is not null
        order by p.end_time, p.partition_number limit 1), (select s.message from step_execution s
        where s.execution_id = e.execution_id and s.message is not null order by s.step_execution_id desc limit 1)) as "executionReason",
      case when u.status = 'WAITING' and u.waits_for = 'pause' then 'paused' when u.pause_requested then 'asked'
        else 'none' end as pause, ${STARTS_RUNS} as "startsRuns",
      ${WAITS_FOR_RUNS} as "waitsForRuns", ${WAITS_FOR_RUNS} and ${THREADS_WANTED} as "threadsWanted"
    from bulk_job j left join job_instance n on n.instance_id = j.instance_id
      left join job_execution e on e.execution_id = n.latest_execution_id
      left join unit u on u.execution_id = e.execution_id and u.kind = 'execution'
    where j.${ALIVE}
    order by j.priority desc, j.job_number`
  )
}

/** Makes this server the one that works on it; `false` while another one that is alive does. */
export async function claimBulkJob(
  db: Database,
  claim: { readonly jobId: string; readonly worker: string }
): Promise<boolean> {
  const claimed = await rows(
    db,
    /* sql */ `update bulk_job j set worker = :worker where job_id = :jobId and (j.worker is null or j.worker = :worker::uuid
      or not exists (select from incarnation i where i.incarnation = j.worker and i.dead_at is null
        and i.expires > clock_timestamp()))
    returning 1`,
    claim
  )
  return claimed.length === 1
}

export async function releaseBulkJob(
  db: Database,
  claim: { readonly jobId: string; readonly worker: string }
): Promise<void> {
  await rows(db, 'update bulk_job set worker = null where job_id = :jobId and worker = :worker::uuid', claim)
}

/** Its instance is this one from now on, and no other. */
export async function setBulkInstance(db: Database, jobId: string, instanceId: number): Promise<void> {
  await rows(
    db,
    'update bulk_job set instance_id = :instanceId where job_id = :jobId and instance_id is null',
    { jobId, instanceId }
  )
}

/** The instance that a server submitted for it before it died without storing which. */
export async function findSubmittedInstance(
  db: Database,
  submitter: string,
  key: string
): Promise<number | null> {
  const [found] = await rows<{ instance_id: number }>(
    db,
    'select instance_id from idempotency_key where submitter = :submitter and key = :key',
    { submitter, key }
  )
  return found?.instance_id ?? null
}
