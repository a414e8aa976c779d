// Preparing: reads the whole manifest into tasks and decides what follows, all in one commit; what is wrong with it fails the job.
import { type BulkJob, isInventory } from '../batch/bulk-job.ts'
import type { Database } from '../store/database.ts'
import type { BulkMove } from '../store/bulk-moves.ts'
import { BulkJobMoved, copyFailedTasks, loadBulkTasks } from '../store/bulk-tasks.ts'
import { inventoryRows } from './inventory-report.ts'
import { type ManifestOrigin, openManifest, sameEtag } from './manifest-source.ts'
import { isUnstorable } from '../store/retry.ts'
import { manifestRows, ManifestRefused } from './read-manifest.ts'

export interface Preparation extends ManifestOrigin {
  /** Without a time limit for statements: a manifest of millions takes minutes. */
  readonly longDb: Database
  /** This server. */
  readonly worker: string
}

/**
 * Resolves when the job is Ready or Suspended, or with the reason to fail it. `null` when it was moved by somebody else.
 * Other errors (a database that is away) are thrown: it is tried again.
 */
export async function prepareBulkJob(
  preparation: Preparation,
  job: BulkJob,
  signal: AbortSignal
): Promise<ManifestRefused | null> {
  const { longDb, worker } = preparation
  const move = (total: number): BulkMove => {
    if (total === 0) throw new ManifestRefused('MalformedManifest', 'There is no object to work on.')
    const prepared = { jobId: job.jobId, worker, total }
    return job.confirmationRequired
      ? { ...prepared, by: 'suspend', to: 'Suspended', suspendedCause: 'AwaitingConfirmation' }
      : { ...prepared, by: 'ready', to: 'Ready' }
  }
  try {
    if (job.rerunOf === null) await loadBulkTasks(longDb, taskRows(preparation, job, signal), move)
    else await copyFailedTasks(longDb, { fromJobId: job.rerunOf, jobNumber: job.jobNumber }, move)
    return null
  } catch (error) {
    if (error instanceof ManifestRefused) return error
    if (error instanceof BulkJobMoved || signal.aborted) return null
    // Tried again it would be the same, and all of lower priority would wait for it.
    if (isUnstorable(error))
      return new ManifestRefused(
        'MalformedManifest',
        `What is in the manifest cannot be stored: ${(error as Error).message}.`
      )
    throw error
  }
}

/** The columns of a task; the etag is compared behind the last row, when all bytes have been seen. */
async function* taskRows(
  origin: ManifestOrigin,
  { jobNumber, manifest: { location, spec, etag } }: BulkJob,
  signal: AbortSignal
): AsyncGenerator<readonly unknown[], void> {
  const opened = await openManifest(origin, location, signal)
  const items = isInventory(spec)
    ? inventoryRows(origin, location, opened, signal)
    : manifestRows(opened.bytes, spec.fields ?? [])
  for await (const { row, bucket, key, versionId, fields } of items)
    yield [jobNumber, row, bucket, key, versionId, fields]
  if (etag === undefined) return
  const found = opened.etags()
  if (!found.some(one => sameEtag(etag, one)))
    throw new ManifestRefused('ManifestChanged', `The manifest's etag is ${found[0]}, not ${etag}.`)
}
