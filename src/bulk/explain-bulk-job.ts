// Why a bulk job does not get on: a confirmation, a job of higher priority, maintenance; else what its job instance waits for.
import { BatchError } from '../batch/batch-error.ts'
import type { BulkJob } from '../batch/bulk-job.ts'
import { type Explanation, waitingFor, type WaitingFor } from '../batch/explanation.ts'
import { unfinishedRuns } from '../store/bulk-runs.ts'
import { type BulkJobLook, lookAtBulkJobs } from '../store/bulk-moves.ts'
import type { Database } from '../store/database.ts'
import { readMaintenance } from '../store/maintenance.ts'
import { findBulkStatusTime } from '../store/waits.ts'

/** `explainInstance`: of its job instance, in the name of whoever asks. */
export async function explainBulkJob(
  db: Database,
  job: BulkJob,
  explainInstance: (instanceId: number) => Promise<Explanation>
): Promise<Explanation> {
  const { jobId, status } = job
  const looks = await lookAtBulkJobs(db)
  const look = looks.find(one => one.jobId === jobId) ?? null
  const since = look === null ? job.terminationDate : await findBulkStatusTime(db, look.jobNumber)
  const reasons = (await reasonsOf(db, job, look, explainInstance)).map(reason => ({
    ...reason,
    since: reason.since ?? since
  }))
  const queue = looks.filter(one => one.status === 'Ready' || one.status === 'Paused')
  const place = queue.findIndex(one => one.jobId === jobId)
  return { state: status, waitingFor: reasons, place: place === -1 ? null : place + 1 }
}

async function reasonsOf(
  db: Database,
  job: BulkJob,
  look: BulkJobLook | null,
  explainInstance: (instanceId: number) => Promise<Explanation>
): Promise<WaitingFor[]> {
  const { jobId, status } = job
  switch (status) {
    case 'Suspended':
      return [
        waitingFor('CONFIRMATION', `Bulk job ${jobId} waits to be confirmed (requestedJobStatus=Ready).`, {
          since: job.suspendedDate
        })
      ]
    case 'Ready':
    case 'Paused':
    case 'Pausing':
      return await forItsTurn(db, job, look)
    case 'Active':
      return await working(db, job, explainInstance)
    case 'Cancelling':
    case 'Failing': {
      const text = `Bulk job ${jobId} is ${status}: what is at work for it is being stopped, and its report written.`
      return [waitingFor('STOPPING', text)]
    }
    case 'New':
    case 'Preparing':
      return [waitingFor('NOT_WAITING', `The manifest of bulk job ${jobId} is being read.`)]
    case 'Completing':
      return [waitingFor('NOT_WAITING', `The report of bulk job ${jobId} is being written.`)]
    case 'Complete':
    case 'Cancelled':
    case 'Failed':
      return [waitingFor('NOT_WAITING', `Bulk job ${jobId} has ended: ${status}.`)]
  }
}

async function forItsTurn(db: Database, job: BulkJob, look: BulkJobLook | null): Promise<WaitingFor[]> {
  const { jobId, status, priority } = job
  const reasons: WaitingFor[] = []
  const higher = look?.waitsFor ?? look?.yieldsTo ?? null
  if (higher !== null)
    reasons.push(
      waitingFor(
        'HIGHER_PRIORITY',
        `Bulk job ${higher} has a higher priority than the ${priority} of ${jobId}.`,
        {
          about: { jobId: higher }
        }
      )
    )
  const maintenance = await readMaintenance(db)
  if (maintenance.on && status === 'Ready') {
    const text = `The server is in maintenance${maintenance.reason === null ? '' : ` (${maintenance.reason})`}: no bulk job begins.`
    reasons.push(waitingFor('MAINTENANCE', text, { since: maintenance.since }))
  }
  if (reasons.length > 0) return reasons
  return [waitingFor('NOT_WAITING', `Bulk job ${jobId} is ${status}, and goes on in a moment.`)]
}

/** What its job instance waits for is what it waits for. */
async function working(
  db: Database,
  { jobId, jobNumber, instanceId, operation }: BulkJob,
  explainInstance: (instanceId: number) => Promise<Explanation>
): Promise<WaitingFor[]> {
  const inWork = waitingFor('NOT_WAITING', `Bulk job ${jobId} is at work.`, { about: { instanceId } })
  if (instanceId === null) return [inWork]
  // Over a definition its instance gives its thread to the runs, the oldest of which tells what all wait for.
  const [run = instanceId] = operation.definition === undefined ? [] : await unfinishedRuns(db, jobNumber)
  try {
    const { waitingFor: waits } = await explainInstance(run)
    const reasons = waits.filter(({ code }) => code !== 'NOT_WAITING')
    return reasons.length > 0 ? reasons : [inWork]
  } catch (error) {
    // It was purged meanwhile, or belongs to other groups than the bulk job does.
    if (run === instanceId || !(error instanceof BatchError)) throw error
    return [inWork]
  }
}
