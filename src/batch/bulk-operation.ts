// What an application exports to be an operation of bulk jobs: called once for each object of a manifest.
import type { JobLogger } from './injected.ts'

type Awaitable<T> = T | Promise<T>

/** One object of a manifest. */
export interface BulkObject {
  /** Its row in the manifest, from 1. */
  readonly row: number
  readonly bucket: string
  /** URL-decoded. */
  readonly key: string
  readonly versionId: string | null
  /** Columns with names of the manifest's own, by name. */
  readonly fields: Readonly<Record<string, string>>
}

export interface BulkTask extends BulkObject {
  /** Of the bulk job: with `row`, what this task and no other is called. */
  readonly jobId: string
  /** Of the operation, as the bulk job gave them. */
  readonly properties: Readonly<Record<string, string | undefined>>
  /** From 1; counts temporary failures of this object. */
  readonly attempt: number
  /** Aborted when a stop of the job was requested: what fails then has no outcome. */
  readonly signal: AbortSignal
  readonly log: JobLogger
  /** What the server lets operations reach. */
  readonly reach: BulkReach
}

/** The allow-lists of the server (BATCH_INLINE_FOLDERS, BATCH_INLINE_URLS): who creates a bulk job is not trusted with more. */
export interface BulkReach {
  /** The folder that this bucket is, links followed. @throws Error naming the setting */
  bucketFolder(bucket: string): Promise<string>
  /** The path with links followed, also of a file that is not there yet. @throws Error naming the setting */
  file(path: string): Promise<string>
  /** @throws Error naming the setting */
  url(url: string): URL
}

export const BULK_OUTCOMES = ['Succeeded', 'TemporaryFailure', 'PermanentFailure'] as const

/** Document 002, R002-34: a temporary failure is tried again before the task ends. */
export interface BulkOutcome {
  readonly outcome: (typeof BULK_OUTCOMES)[number]
  /** For programs. */
  readonly code?: string | undefined
  readonly message?: string | undefined
  /** For the report, where there is one. */
  readonly httpStatus?: number | undefined
}

export interface BulkOperation {
  /**
   * A text (or nothing) means Succeeded, the text is its message. What it throws is a PermanentFailure, unless the error has
   * `temporary: true`; the error's `code` is the outcome's.
   */
  execute(task: BulkTask): Awaitable<string | BulkOutcome | null | undefined | void>
}
