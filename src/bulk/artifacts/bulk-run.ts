// What the artifacts of a bulk job's chunk step share: which bulk job their instance is, and what it asked for.
import { setTimeout as delay } from 'node:timers/promises'
import { type BulkRequest, exceedsThreshold } from '../../batch/bulk-job.ts'
import type { BulkJobStatus } from '../../batch/bulk-job-status.ts'
import type { Injected } from '../../batch/artifacts.ts'
import { BULK_PROGRESS, BULK_RUN } from '../../store/bulk-statements.ts'

export interface BulkRun {
  readonly jobNumber: number
  readonly total: number
  readonly request: BulkRequest
}

/** Its instance is stored just after it was submitted, and may be as fast as that. */
const WAIT_MS = 30_000
const LOOK_MS = 50

/**
 * Inside of a chunk, open or close. Throws where this instance is not that of the bulk job which its JSL names: artifacts of
 * bulk jobs do nothing for a JSL that somebody wrote by hand.
 */
export async function bulkRunOf({ connection, jobContext }: Injected): Promise<BulkRun> {
  const jobId = jobContext.properties['bulkJobId'] ?? ''
  for (const deadline = performance.now() + WAIT_MS; ; await delay(LOOK_MS)) {
    const { rows } = await connection.query<BulkRun & { readonly instanceId: number | null }>(BULK_RUN, [
      jobId
    ])
    const [found] = rows
    if (found?.instanceId === jobContext.instanceId) return found
    if (found?.instanceId === null && performance.now() < deadline) continue
    throw new Error(`Job instance ${jobContext.instanceId} is not that of a bulk job ${jobId}.`)
  }
}

/**
 * Whoever restarts the instance of a bulk job that has ended would add to a ledger that is closed. One that is Cancelling is not
 * told by a failure: its execution is stopped, a moment later, and ends STOPPED.
 */
const GOES_ON: readonly BulkJobStatus[] = ['Active', 'Pausing', 'Paused', 'Cancelling']

/** R002-31: too many tasks failed; what is done stays in the ledger, and nothing else is begun. */
export class FailureThresholdExceeded extends Error {
  override readonly name = 'FailureThresholdExceeded'
}

/** Before each chunk. Gives the number of tasks that are done; throws when no more may be. */
export async function checkGoesOn(
  { connection }: Injected,
  { jobNumber, request }: BulkRun
): Promise<number> {
  const { rows } = await connection.query<{ status: BulkJobStatus; succeeded: number; failed: number }>(
    BULK_PROGRESS,
    [jobNumber]
  )
  const [progress] = rows
  if (progress === undefined || !GOES_ON.includes(progress.status))
    throw new Error(`The bulk job is ${progress?.status ?? 'gone'}: nothing more is done for it.`)
  const done = progress.succeeded + progress.failed
  if (exceedsThreshold(request.failureThreshold, progress))
    throw new FailureThresholdExceeded(
      `${progress.failed} of ${done} tasks failed, more than ${request.failureThreshold.percent} %.`
    )
  return done
}
