// What a purge made of one instance, and how that is told: as a refusal where it was the only one, as a line where there were many.
import { BatchError } from '../batch/batch-error.ts'
import type { Hold } from '../batch/hold.ts'
import type { PurgeEnd } from '../dispatch/finish-purge.ts'
import type { PurgeVerdict } from '../store/purges.ts'
import type { PurgeOptions, PurgeResult } from './purge-result.ts'

export type Outcome =
  | Exclude<PurgeVerdict, { kind: 'marked' }>
  | PurgeEnd
  /** The caller sees it, and may not purge it. */
  | { readonly kind: 'notAuthorized'; readonly error: BatchError }
  /** A server that lives has its logs, and they are not to be seen from here; with why it did not delete them when asked. */
  | { readonly kind: 'elsewhere'; readonly restUrl: string; readonly error: BatchError | null }

export function instanceHeld({ instanceId, heldBy, reason }: Hold): BatchError {
  return new BatchError('InstanceHeld', [instanceId, heldBy, reason])
}

/** Why a single one is not purged. */
export function refusalOf(
  instanceId: number,
  outcome: Extract<Outcome, { kind: 'unknown' | 'active' | 'purging' | 'held' | 'changed' | 'logsRemain' }>
): BatchError {
  switch (outcome.kind) {
    case 'unknown':
      return new BatchError('NoSuchJobInstance', [instanceId])
    case 'active':
      return new BatchError('JobNotPurgeable', [
        instanceId,
        `it has active job executions (it is ${outcome.instanceState})`
      ])
    case 'purging':
      return new BatchError('JobNotPurgeable', [instanceId, 'another purge is at work on it'])
    case 'held':
      return instanceHeld(outcome.hold)
    case 'changed':
      return new BatchError('JobNotPurgeable', [instanceId, 'it has changed since its purge was planned'])
    case 'logsRemain':
      return new BatchError('JobLogsNotDeleted', [instanceId, outcome.error.message], {
        cause: outcome.error
      })
  }
}

/** What a purge of many says of one. */
export function resultOf(instanceId: number, outcome: Outcome, { jobStoreOnly }: PurgeOptions): PurgeResult {
  const result = (purgeStatus: PurgeResult['purgeStatus'], message: string, restUrl = '') =>
    ({ instanceId, purgeStatus, message, restUrl }) as const
  switch (outcome.kind) {
    case 'purged':
      // In these words in the requirement document's sample: scripts look for them.
      return result('COMPLETED', 'Successful purge.')
    case 'active':
      return result('STILL_ACTIVE', refusalOf(instanceId, outcome).message)
    case 'elsewhere':
      return result(
        'NOT_LOCAL',
        outcome.error?.message ?? `The job logs of job instance ${instanceId} lie with another server.`,
        outcome.restUrl
      )
    case 'rowsRemain':
      return result(
        jobStoreOnly ? 'FAILED' : 'JOBLOGS_ONLY',
        `Job instance ${instanceId}${jobStoreOnly ? '' : ' has no job logs any more, but'} is still in the job repository; purge it again.`
      )
    case 'notAuthorized':
      return result('FAILED', outcome.error.message)
    case 'unknown':
    case 'purging':
    case 'held':
    case 'changed':
    case 'logsRemain':
      return result('FAILED', refusalOf(instanceId, outcome).message)
  }
}
