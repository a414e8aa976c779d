// A bulk job as it is asked for and as it stands: the record that the rooms hand each other.
import type { BulkJobStatus } from './bulk-job-status.ts'

export type ManifestLocation =
  | { readonly manifestId: string }
  | { readonly path: string }
  | { readonly url: string }
  | { readonly objects: ObjectSearch }

/** In place of a manifest: the objects of a bucket that its filter lets through. */
export interface ObjectSearch {
  readonly bucket: string
  readonly filter?: ObjectFilter | undefined
}

/** All that is given must be true of an object. Of folders, created means changed. */
export interface ObjectFilter {
  /** ISO 8601. */
  readonly createdAfter?: string | undefined
  readonly createdBefore?: string | undefined
  readonly objectSizeGreaterThanBytes?: number | undefined
  readonly objectSizeLessThanBytes?: number | undefined
  readonly keyNameConstraint?: KeyNameConstraint | undefined
}

export interface KeyNameConstraint {
  readonly matchAnyPrefix?: readonly string[] | undefined
  readonly matchAnySuffix?: readonly string[] | undefined
  readonly matchAnySubstring?: readonly string[] | undefined
}

export interface BulkManifest {
  readonly location: ManifestLocation
  /** MD5 of the manifest's bytes as hex; absent: whatever stands there is taken. */
  readonly etag?: string | undefined
  readonly spec: ManifestSpec
}

export interface ManifestSpec {
  readonly format: ManifestFormat
  /** Names of the columns; absent where the format is an inventory report, which names them itself. */
  readonly fields?: readonly string[] | undefined
}

/** The manifest.json of COS and S3 about all objects of a bucket, at one time. */
export const INVENTORY_FORMATS = ['COSInventoryReport_CSV_V1', 'S3InventoryReport_CSV_20161130'] as const

/** CSV whose columns are named; the second and third are what COS and S3 call it. */
export const MANIFEST_FORMATS = [
  'CSV',
  'COSBatchOperations_CSV_V1',
  'S3BatchOperations_CSV_20180820',
  ...INVENTORY_FORMATS
] as const
export type ManifestFormat = (typeof MANIFEST_FORMATS)[number]

export function isInventory({ format }: Pick<ManifestSpec, 'format'>): boolean {
  return INVENTORY_FORMATS.some(name => name === format)
}

/** A word of its user's, and its value; of no meaning to the server. */
export interface BulkJobTag {
  readonly key: string
  readonly value: string
}

export interface ArtifactOperation {
  readonly application: string
  readonly ref: string
  readonly properties: Readonly<Record<string, string>>
}

export interface DefinitionOperation {
  readonly name: string
  readonly version: number | null
  readonly parameters: Readonly<Record<string, string>>
}

/** Exactly one of the two. */
export type BulkOperationRequest =
  | { readonly artifact: ArtifactOperation; readonly definition?: undefined }
  | { readonly definition: DefinitionOperation; readonly artifact?: undefined }

export interface BulkReportRequest {
  readonly enabled: boolean
  readonly format: 'Report_CSV_V1'
  readonly scope: 'AllTasks' | 'FailedTasksOnly'
  readonly prefix: string
}

export interface FailureThreshold {
  /** Tasks that must have been done before the rate counts. */
  readonly minimumTasks: number
  /** The job fails when more than this share of the tasks done has failed. */
  readonly percent: number
}

/** What is asked for and never changes. */
export interface BulkRequest {
  readonly manifest: BulkManifest
  readonly operation: BulkOperationRequest
  readonly report: BulkReportRequest
  readonly failureThreshold: FailureThreshold
  /** Names that the operation's definition declared secret when the job was created; shown nowhere. */
  readonly secretParameters?: readonly string[] | undefined
}

export interface BulkJobCreation extends BulkRequest {
  readonly clientRequestToken: string
  readonly confirmationRequired: boolean
  readonly description: string
  readonly priority: number
  /** Keys differ. */
  readonly tags: readonly BulkJobTag[]
}

export interface FailureReason {
  readonly failureCode: string
  readonly failureReason: string
}

export interface BulkJob extends BulkJobCreation {
  readonly jobId: string
  readonly jobNumber: number
  readonly submitter: string
  readonly operationGroups: readonly string[]
  readonly status: BulkJobStatus
  /** The bulk job whose failed tasks are its own; `null` = its tasks are the manifest's rows. */
  readonly rerunOf: string | null
  readonly instanceId: number | null
  readonly total: number
  readonly succeeded: number
  readonly failed: number
  readonly createTime: Date
  readonly terminationDate: Date | null
  /** Milliseconds in which it was Active. */
  readonly elapsedMs: number
  readonly suspendedDate: Date | null
  readonly suspendedCause: string | null
  readonly failureReasons: readonly FailureReason[]
  readonly statusUpdateReason: string | null
  /** The report's manifest.json; `null` = there is none (yet). */
  readonly reportManifest: ReportManifest | null
}

/** manifest.json of a report (document 002, R002-43). */
export interface ReportManifest {
  readonly Format: 'Report_CSV_V1'
  readonly ReportCreationDate: string
  readonly Results: readonly {
    readonly TaskExecutionStatus: 'succeeded' | 'failed'
    readonly Bucket: string
    readonly MD5Checksum: string
    readonly Key: string
  }[]
  readonly ReportSchema: string
  /** What the job was, and what became of it (R002-41). */
  readonly Job: Readonly<Record<string, unknown>>
}

/** Has the rate of failed tasks come above what the job accepts? */
export function exceedsThreshold(
  { minimumTasks, percent }: FailureThreshold,
  { succeeded, failed }: { readonly succeeded: number; readonly failed: number }
): boolean {
  const done = succeeded + failed
  return done > 0 && done >= minimumTasks && failed * 100 > percent * done
}
