// Bulk jobs as rows: created once for each token, found and listed; what changes their status is bulk-moves.ts.
import type { BulkJob, BulkJobCreation, BulkJobTag, BulkRequest } from '../batch/bulk-job.ts'
import type { BulkJobStatus } from '../batch/bulk-job-status.ts'
import { appendAudit } from './audit.ts'
import { type Database, rows } from './database.ts'
import { holdDefinition } from './definition-changes.ts'
import { transactionOnce } from './transaction-once.ts'
import { type Visibility, visibleTo } from './visibility.ts'

/** How long a creation waits for a PostgreSQL that is away. */
const AWAY_MS = 8000

export interface NewBulkJob {
  readonly jobId: string
  readonly submitter: string
  readonly operationGroups: readonly string[]
  /** SHA-256 as hex. */
  readonly fingerprint: string
  readonly rerunOf: string | null
  readonly creation: BulkJobCreation
  /** For the audit: what may be shown of it. */
  readonly shown: Readonly<Record<string, unknown>>
}

/** What the token made before, from the same request or from another one. */
export interface EarlierBulkJob {
  readonly kind: 'known' | 'conflict'
  readonly jobId: string
}

export type CreateVerdict =
  | { readonly kind: 'created' }
  | EarlierBulkJob
  /** The definition that is its operation has been deleted meanwhile. */
  | { readonly kind: 'undefined' }

export async function insertBulkJob(db: Database, job: NewBulkJob): Promise<CreateVerdict> {
  const { clientRequestToken, confirmationRequired, description, priority, tags, ...request } = job.creation
  const { definition } = job.creation.operation
  return await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    if (definition !== undefined && (await holdDefinition(trx, definition.name)) === null)
      return { kind: 'undefined' }
    const inserted = await rows(
      trx,
      /* sql */ `
      with job as (
        insert into bulk_job (job_id, submitter, operation_groups, client_request_token, fingerprint, priority, description,
          confirmation_required, tags, request, rerun_of)
        values (:jobId, :submitter, :operationGroups::text[], :token, decode(:fingerprint, 'hex'), :priority, :description,
          :confirmationRequired, :tags::jsonb, :request::json, :rerunOf)
        on conflict (submitter, client_request_token) do nothing returning job_number
      )
      insert into bulk_event (job_number, moved_to) select job_number, 'New' from job returning job_number`,
      {
        jobId: job.jobId,
        submitter: job.submitter,
        operationGroups: job.operationGroups,
        token: clientRequestToken,
        fingerprint: job.fingerprint,
        priority,
        description,
        confirmationRequired,
        tags: JSON.stringify(tags),
        request: JSON.stringify(request),
        rerunOf: job.rerunOf
      }
    )
    if (inserted.length === 0) {
      const { submitter, fingerprint } = job
      return (await findBulkJobOfToken(trx, { submitter, fingerprint, clientRequestToken }))!
    }
    await appendAudit(trx, [
      { who: job.submitter, what: 'job.create', target: `job:${job.jobId}`, after: job.shown }
    ])
    return { kind: 'created' }
  })
}

/** `null` = nothing was asked with this token. */
export async function findBulkJobOfToken(
  db: Database,
  asked: Pick<NewBulkJob, 'submitter' | 'fingerprint'> & Pick<BulkJobCreation, 'clientRequestToken'>
): Promise<EarlierBulkJob | null> {
  const [found] = await rows<{ jobId: string; same: boolean }>(
    db,
    /* sql */ `select job_id as "jobId", fingerprint = decode(:fingerprint, 'hex') as same from bulk_job
    where submitter = :submitter and client_request_token = :clientRequestToken`,
    { ...asked }
  )
  return found === undefined ? null : { kind: found.same ? 'known' : 'conflict', jobId: found.jobId }
}

const COLUMNS = /* sql */ `j.job_id as "jobId", j.job_number as "jobNumber", j.submitter,
  j.operation_groups as "operationGroups", j.client_request_token as "clientRequestToken", j.job_status as status,
  j.priority, j.description, j.confirmation_required as "confirmationRequired", j.tags, j.request, j.rerun_of as "rerunOf",
  j.instance_id as "instanceId", j.task_count as total, j.create_time as "createTime",
  j.termination_date as "terminationDate", j.suspended_date as "suspendedDate", j.suspended_cause as "suspendedCause",
  j.active_millis + coalesce(extract(epoch from clock_timestamp() - j.active_since) * 1000, 0)::bigint as "elapsedMs",
  j.failure_reasons as "failureReasons", j.status_update_reason as "statusUpdateReason", j.report as "reportManifest",
  p.succeeded, p.failed`

const PROGRESS = /* sql */ `cross join lateral (
  select coalesce(sum(succeeded), 0)::bigint as succeeded, coalesce(sum(failed), 0)::bigint as failed
  from bulk_progress where job_number = j.job_number) p`

type Row = Omit<BulkJob, keyof BulkRequest> & { readonly request: BulkRequest }

function jobOf({ request, ...row }: Row): BulkJob {
  return { ...row, ...request }
}

export async function findBulkJob(db: Database, jobId: string): Promise<BulkJob | null> {
  const [found] = await rows<Row>(
    db,
    `select ${COLUMNS} from bulk_job j ${PROGRESS} where j.job_id = :jobId`,
    { jobId }
  )
  return found === undefined ? null : jobOf(found)
}

/** The place of a row in the list. */
export interface BulkJobPlace {
  readonly priority: number
  readonly jobNumber: number
}

export interface BulkJobSearch {
  /** `null` = all. */
  readonly statuses: readonly BulkJobStatus[] | null
  /** LIKE patterns, or `null`. */
  readonly description: string | null
  readonly jobId: string | null
  /** `null` = whenever. */
  readonly createdWithinDays: number | null
  readonly limit: number
  readonly after: BulkJobPlace | null
}

/** By priority descending, then oldest first. */
export async function listBulkJobs(
  db: Database,
  search: BulkJobSearch,
  visibility: Visibility | null
): Promise<BulkJob[]> {
  const visible = visibleTo(visibility, 'j')
  const found = await rows<Row>(
    db,
    /* sql */ `select ${COLUMNS} from bulk_job j ${PROGRESS}
    where ${visible.condition}
      and (:statuses::text[] is null or j.job_status = any(:statuses::text[]))
      and (:description::text is null or j.description ilike :description)
      and (:jobId::text is null or j.job_id like :jobId)
      and (:days::integer is null or j.create_time >= clock_timestamp() - :days::integer * interval '1 day')
      and (:priority::integer is null or j.priority < :priority
        or j.priority = :priority and j.job_number > :jobNumber::bigint)
    order by j.priority desc, j.job_number limit :limit`,
    {
      ...visible.bindings,
      statuses: search.statuses,
      description: search.description,
      jobId: search.jobId,
      days: search.createdWithinDays,
      priority: search.after?.priority ?? null,
      jobNumber: search.after?.jobNumber ?? null,
      limit: search.limit
    }
  )
  return found.map(jobOf)
}

/** `false`: there is none that has not ended. */
export async function setBulkJobPriority(
  db: Database,
  change: { readonly jobId: string; readonly priority: number; readonly by: string }
): Promise<boolean> {
  return await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    const [before] = await rows<{ priority: number }>(
      trx,
      /* sql */ `select priority from bulk_job
      where job_id = :jobId and job_status not in ('Complete', 'Cancelled', 'Failed') for update`,
      change
    )
    if (before === undefined) return false
    await rows(trx, 'update bulk_job set priority = :priority where job_id = :jobId', change)
    await appendAudit(trx, [
      {
        who: change.by,
        what: 'job.priority',
        target: `job:${change.jobId}`,
        before: { priority: before.priority },
        after: { priority: change.priority }
      }
    ])
    return true
  })
}

/** All of them. `false`: there is no such bulk job. */
export async function setBulkJobTags(
  db: Database,
  change: { readonly jobId: string; readonly tags: readonly BulkJobTag[]; readonly by: string }
): Promise<boolean> {
  return await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    const { jobId, by } = change
    const [before] = await rows<{ tags: readonly BulkJobTag[] }>(
      trx,
      'select tags from bulk_job where job_id = :jobId for update',
      { jobId }
    )
    if (before === undefined) return false
    const tags = JSON.stringify(change.tags)
    if (JSON.stringify(before.tags.map(({ key, value }) => ({ key, value }))) === tags) return true
    await rows(trx, 'update bulk_job set tags = :tags::jsonb where job_id = :jobId', { jobId, tags })
    const entry = { who: by, what: 'job.tag', target: `job:${jobId}` } as const
    await appendAudit(trx, [{ ...entry, before: { tags: before.tags }, after: { tags: change.tags } }])
    return true
  })
}

export interface BulkJobEventRow {
  readonly eventNumber: number
  readonly time: Date
  readonly status: BulkJobStatus
  readonly reason: string | null
}

/** Oldest first. */
export async function listBulkJobEvents(
  db: Database,
  jobNumber: number,
  page: { readonly after: number; readonly limit: number }
): Promise<BulkJobEventRow[]> {
  return await rows<BulkJobEventRow>(
    db,
    /* sql */ `select event_number as "eventNumber", create_time as time, moved_to as status, reason from bulk_event
    where job_number = :jobNumber and event_number > :after order by event_number limit :limit`,
    { jobNumber, ...page }
  )
}
