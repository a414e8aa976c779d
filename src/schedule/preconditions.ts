// If-Match: a change is made to what its caller has seen, or not at all.
import { BatchError } from '../batch/batch-error.ts'

/** Revisions of which one must stand; `any` (`If-Match: *`), or `null` = the caller named none. */
export type IfMatch = readonly number[] | 'any' | null

/** For changes that must name one; `what` is changed, as in "schedule nightly". */
export function requireMatch(ifMatch: IfMatch, revision: number, what: string): void {
  if (ifMatch === null) throw new BatchError('PreconditionMissing', [what])
  checkMatch(ifMatch, revision, what)
}

export function checkMatch(ifMatch: IfMatch, revision: number, what: string): void {
  if (ifMatch === null || ifMatch === 'any' || ifMatch.includes(revision)) return
  throw new BatchError('PreconditionFailed', [`${what[0]!.toUpperCase()}${what.slice(1)}`])
}

/** For the store; `null` = any. */
export function expectedOf(ifMatch: IfMatch): readonly number[] | null {
  return ifMatch === 'any' ? null : ifMatch
}
