// Bulk jobs as their routes show them: short in lists, with all that was asked for when one is looked at.
import { Type, type Static } from 'typebox'
import type { BulkJob } from '../../../batch/bulk-job.ts'
import { BULK_JOB_STATUSES, type BulkJobStatus } from '../../../batch/bulk-job-status.ts'
import { operationName } from '../../../bulk/compile-job.ts'
import type { LedgerRow } from '../../../bulk/bulk-operator.ts'
import { closedObject } from '../../open-api/closed-object.ts'
import { Manifest, Operation, Tags } from '../bulk-schemas.ts'
import { TextOrNull, Time, TimeOrNull } from '../../open-api/words.ts'

export const StatusWord = Type.Unsafe<BulkJobStatus>({
  title: 'BulkJobStatus',
  type: 'string',
  enum: [...BULK_JOB_STATUSES]
})

const Count = Type.Integer({ minimum: 0, format: 'int64' })
export const Progress = {
  totalNumberOfTasks: Count,
  numberOfTasksSucceeded: Count,
  numberOfTasksFailed: Count
}

/** What was asked for, with what stood for a field that was left out. */
export const ASKED = {
  confirmationRequired: Type.Boolean(),
  description: Type.String(),
  priority: Type.Integer(),
  tags: Tags,
  manifest: Type.Unsafe<object>(Manifest),
  operation: Type.Unsafe<object>(Operation),
  report: closedObject({
    enabled: Type.Boolean(),
    format: Type.Literal('Report_CSV_V1'),
    scope: Type.Union([Type.Literal('AllTasks'), Type.Literal('FailedTasksOnly')]),
    prefix: Type.String()
  }),
  failureThreshold: closedObject({ minimumTasks: Type.Integer(), percent: Type.Number() })
}

export const FailureReasons = Type.Array(
  closedObject({ failureCode: Type.String(), failureReason: Type.String() })
)

export const BriefBulkJobView = closedObject(
  {
    jobId: Type.String(),
    creationTime: Time,
    description: Type.String(),
    operation: Type.String({ description: 'The name of the artifact or definition.' }),
    priority: Type.Integer(),
    progressSummary: closedObject(Progress),
    status: StatusWord,
    terminationDate: TimeOrNull
  },
  { title: 'BriefBulkJob' }
)

export const BulkJobView = closedObject(
  {
    jobId: Type.String(),
    clientRequestToken: Type.String(),
    ...ASKED,
    submitter: Type.String(),
    rerunOf: TextOrNull,
    status: StatusWord,
    instanceId: Type.Union([Type.Integer(), Type.Null()]),
    creationTime: Time,
    terminationDate: TimeOrNull,
    progressSummary: closedObject({
      ...Progress,
      elapsedMs: Count,
      etaMs: Type.Union([Count, Type.Null()])
    }),
    failureReasons: FailureReasons,
    statusUpdateReason: TextOrNull,
    suspendedDate: TimeOrNull,
    suspendedCause: TextOrNull
  },
  { title: 'BulkJob' }
)

export const TaskView = closedObject(
  {
    row: Type.Integer({ minimum: 1, format: 'int64' }),
    bucket: Type.String(),
    key: Type.String(),
    versionId: TextOrNull,
    status: Type.Union([Type.Literal('Succeeded'), Type.Literal('Failed')]),
    attempts: Type.Integer({ minimum: 1 }),
    errorCode: TextOrNull,
    message: TextOrNull
  },
  { title: 'BulkTask' }
)

function progressOf({ total, succeeded, failed }: BulkJob) {
  return { totalNumberOfTasks: total, numberOfTasksSucceeded: succeeded, numberOfTasksFailed: failed }
}

export function briefBulkJobView(job: BulkJob): Static<typeof BriefBulkJobView> {
  return {
    jobId: job.jobId,
    creationTime: job.createTime.toISOString(),
    description: job.description,
    operation: operationName(job.operation),
    priority: job.priority,
    progressSummary: progressOf(job),
    status: job.status,
    terminationDate: job.terminationDate?.toISOString() ?? null
  }
}

export function bulkJobView(job: BulkJob): Static<typeof BulkJobView> {
  const { jobId, clientRequestToken, confirmationRequired, description, priority, manifest, operation } = job
  const { tags, report, failureThreshold, submitter, rerunOf, status, instanceId, elapsedMs } = job
  return {
    jobId,
    clientRequestToken,
    confirmationRequired,
    description,
    priority,
    tags: tags.map(({ key, value }) => ({ key, value })),
    manifest: { ...manifest, etag: manifest.etag ?? null },
    operation,
    report,
    failureThreshold,
    submitter,
    rerunOf,
    status,
    instanceId,
    creationTime: job.createTime.toISOString(),
    terminationDate: job.terminationDate?.toISOString() ?? null,
    progressSummary: { ...progressOf(job), elapsedMs, etaMs: etaOf(job) },
    failureReasons: [...job.failureReasons],
    statusUpdateReason: job.statusUpdateReason,
    suspendedDate: job.suspendedDate?.toISOString() ?? null,
    suspendedCause: job.suspendedCause
  }
}

/** As fast as so far; `null` while that says nothing. */
function etaOf({ status, total, succeeded, failed, elapsedMs }: BulkJob): number | null {
  const done = succeeded + failed
  if (status !== 'Active' || done === 0) return null
  return Math.round((elapsedMs / done) * (total - done))
}

export function taskView({ row, bucket, key, versionId, ...done }: LedgerRow): Static<typeof TaskView> {
  const { succeeded, attempts, errorCode, message } = done
  const status = succeeded ? 'Succeeded' : 'Failed'
  return { row, bucket, key, versionId, status, attempts, errorCode, message }
}
