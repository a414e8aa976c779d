// What a view needs besides the record: where the request came in, so where its links point, and how dates are written.
import type { LibertyVersion } from '../version.ts'
import type { DateText } from './date-text.ts'

export interface ViewContext {
  /** What links begin with, e.g. `https://batch.example.com/ibm/api/batch/v4`. */
  readonly root: string
  readonly version: LibertyVersion
  readonly dateText: DateText
  /** The root of the job logs, absolute. */
  readonly jobLogDir: string
}

/** An execution's stored address as Liberty shows it: always a slash at the end, with the version of the request. */
export function restUrlView(restUrl: string, version: LibertyVersion): string {
  return `${restUrl.replace(/\/$/, '')}/${version === '' ? '' : `${version}/`}`
}
