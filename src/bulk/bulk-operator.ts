// Bulk jobs as the rooms above see them: the use cases, who asks, and what comes back. Refusals are BatchErrors.
import type { BulkJob, BulkJobCreation, BulkJobTag, ReportManifest } from '../batch/bulk-job.ts'
import type { BulkJobStatus } from '../batch/bulk-job-status.ts'
import type { Explanation } from '../batch/explanation.ts'
import type { Caller } from '../operator/caller.ts'
import type { BulkJobEventRow, BulkJobPlace } from '../store/bulk-jobs.ts'
import type { LedgerRow } from '../store/bulk-tasks.ts'
import type { StoredManifest } from '../store/bulk-manifests.ts'

export type { BulkJobPlace } from '../store/bulk-jobs.ts'
export type { LedgerRow } from '../store/bulk-tasks.ts'

export interface CreatedBulkJob {
  readonly jobId: string
  /** `false`: the same was asked with the same token before. */
  readonly created: boolean
}

/** Only what is to be another; the token is a new one unless it is given. */
export type BulkJobOverrides = {
  readonly [Field in keyof BulkJobCreation]?: BulkJobCreation[Field] | undefined
}

export interface BulkJobQuery {
  readonly statuses: readonly BulkJobStatus[] | null
  /** Containment; `*` stands for any characters. */
  readonly description: string | null
  readonly jobId: string | null
  /** `null` = whenever. */
  readonly createdWithinDays: number | null
  readonly limit: number
  readonly after: BulkJobPlace | null
}

export interface BulkOperator {
  /** Stores the stream, with constant memory. */
  storeManifest(bytes: AsyncIterable<Buffer>, caller: Caller): Promise<StoredManifest>
  /** Who stored it, and administrators, may look. */
  manifest(manifestId: string, caller: Caller): Promise<StoredManifest>
  create(creation: BulkJobCreation, caller: Caller): Promise<CreatedBulkJob>
  /** A new one like it (R002-4). */
  clone(jobId: string, overrides: BulkJobOverrides, caller: Caller): Promise<CreatedBulkJob>
  /** A new one over the objects that failed, once it has ended. */
  rerunFailed(jobId: string, caller: Caller): Promise<CreatedBulkJob>
  /** Secrets masked. */
  job(jobId: string, caller: Caller): Promise<BulkJob>
  /** What it waits for. */
  explain(jobId: string, caller: Caller): Promise<Explanation>
  /** By priority descending, then oldest first. */
  jobs(query: BulkJobQuery, caller: Caller): Promise<readonly BulkJob[]>
  /** NoSuchBulkJob also when it has ended, as document 002 says. */
  setPriority(jobId: string, priority: number, caller: Caller): Promise<void>
  /** In place of those it had, whatever its status; `[]` = none. */
  setTags(jobId: string, tags: readonly BulkJobTag[], caller: Caller): Promise<void>
  /** Ready confirms; BulkJobState when its status does not allow it. Gives the status it has then. */
  setStatus(
    jobId: string,
    change: { readonly requested: 'Ready' | 'Cancelled'; readonly reason: string | null },
    caller: Caller
  ): Promise<BulkJobStatus>
  tasks(
    jobId: string,
    page: { readonly succeeded: boolean | null; readonly after: number; readonly limit: number },
    caller: Caller
  ): Promise<readonly LedgerRow[]>
  events(
    jobId: string,
    page: { readonly after: number; readonly limit: number },
    caller: Caller
  ): Promise<readonly BulkJobEventRow[]>
  report(jobId: string, caller: Caller): Promise<ReportManifest>
  /** CSV, piece by piece. `file`: the last piece of its Key. */
  reportFile(jobId: string, file: string, caller: Caller): Promise<AsyncIterable<string>>
}
