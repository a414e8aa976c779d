// The report of a bulk job (document 002, R002-40 to R002-43): two CSV files made from the ledger whenever they are asked for,
// and a manifest.json with their checksums, which is kept. The ledger never changes after the end, so neither do the files.
import { createHash } from 'node:crypto'
import { stringify } from 'csv-stringify/sync'
import type { BulkJob, ReportManifest } from '../batch/bulk-job.ts'
import type { BulkJobStatus } from '../batch/bulk-job-status.ts'
import type { Database } from '../store/database.ts'
import { type LedgerRow, listOutcomes } from '../store/bulk-tasks.ts'

export const REPORT_SCHEMA = 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage'

/** Ledger rows read at once. */
const PAGE = 2000

/** What S3's reports say of what went well. */
const OK = 200

type Execution = ReportManifest['Results'][number]['TaskExecutionStatus']

/** `null`: none was asked for, or no task was done. `shown`: what of the job may be told. */
export async function writeReport(
  db: Database,
  job: BulkJob,
  ended: {
    readonly status: BulkJobStatus
    readonly time: Date
    readonly shown: Readonly<Record<string, unknown>>
    readonly signal: AbortSignal
  }
): Promise<ReportManifest | null> {
  const { report, jobId, succeeded, failed } = job
  if (!report.enabled || succeeded + failed === 0) return null
  const results: ReportManifest['Results'][number][] = []
  for (const execution of ['succeeded', 'failed'] as const) {
    if (execution === 'succeeded' ? report.scope === 'FailedTasksOnly' || succeeded === 0 : failed === 0)
      continue
    const hash = createHash('md5')
    for await (const lines of reportLines(db, job.jobNumber, execution)) {
      // A server that is told to stop does not finish millions of rows first: another one writes it.
      ended.signal.throwIfAborted()
      hash.update(lines)
    }
    const folder = report.prefix === '' ? '' : `${report.prefix.replace(/\/+$/, '')}/`
    results.push({
      TaskExecutionStatus: execution,
      Bucket: '',
      MD5Checksum: hash.digest('hex'),
      Key: `${folder}job-${jobId}/results/${fileOf(jobId, execution)}`
    })
  }
  return {
    Format: report.format,
    ReportCreationDate: ended.time.toISOString(),
    Results: results,
    ReportSchema: REPORT_SCHEMA,
    Job: { ...ended.shown, status: ended.status }
  }
}

/** A name that says nothing and is the same each time. */
function fileOf(jobId: string, execution: Execution): string {
  return `${createHash('sha256').update(`${jobId} ${execution}`).digest('hex').slice(0, 40)}.csv`
}

/** The rows of a file by the last piece of its Key; `null` = the report has no such file. */
export function reportFile(
  db: Database,
  { jobNumber, reportManifest }: Pick<BulkJob, 'jobNumber' | 'reportManifest'>,
  file: string
): AsyncIterable<string> | null {
  const found = reportManifest?.Results.find(({ Key }) => Key.endsWith(`/${file}`) && !file.includes('/'))
  return found === undefined ? null : reportLines(db, jobNumber, found.TaskExecutionStatus)
}

async function* reportLines(
  db: Database,
  jobNumber: number,
  execution: Execution
): AsyncGenerator<string, void> {
  for (let after = 0; ;) {
    const page = await listOutcomes(db, jobNumber, {
      succeeded: execution === 'succeeded',
      after,
      limit: PAGE
    })
    if (page.length === 0) return
    yield stringify(page.map(rowOf))
    after = page.at(-1)!.row
  }
}

/** As in a manifest, the key is URL-encoded; slashes stay to be read. */
function rowOf({ bucket, key, versionId, succeeded, errorCode, httpStatus, message }: LedgerRow) {
  return [
    bucket,
    encodeURIComponent(key).replaceAll('%2F', '/'),
    versionId ?? '',
    succeeded ? 'succeeded' : 'failed',
    errorCode ?? '',
    httpStatus ?? (succeeded ? OK : ''),
    message ?? ''
  ]
}
