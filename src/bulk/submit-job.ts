// Submits the job instance of a bulk job, once: a server that dies in between leaves a key by which the next one finds it.
import { BatchError } from '../batch/batch-error.ts'
import type { BulkJob } from '../batch/bulk-job.ts'
import { findBulkJob } from '../store/bulk-jobs.ts'
import { type BulkJobLook, findSubmittedInstance, moveBulkJob, setBulkInstance } from '../store/bulk-moves.ts'
import { findDefinition } from '../store/definitions.ts'
import type { BulkOptions } from './bulk-options.ts'
import { PASSING, submitterOf } from './as-submitter.ts'
import { compileBulkJob } from './compile-job.ts'
import { endBulkJob } from './end-job.ts'

/** This server is its worker. Resolves with `true` when it was moved. */
export async function submitBulkJob(
  options: BulkOptions,
  look: BulkJobLook,
  stopping: AbortSignal
): Promise<boolean> {
  const { db, operator, incarnation: worker } = options
  const { jobId, submitter } = look
  const key = `bulk-job ${jobId}`
  const known = await findSubmittedInstance(db, submitter, key)
  if (known !== null) {
    await setBulkInstance(db, jobId, known)
    return true
  }
  const job = await findBulkJob(db, jobId)
  if (job === null || job.instanceId !== null) return false
  if (job.status !== 'Active') return await endBulkJob(options, job, stopping)
  const application = await applicationOf(options, job)
  const { jsl, jobParameters } = compileBulkJob({ ...job, application })
  try {
    const { instance } = await operator.submit(
      {
        application,
        module: `${application}.war`,
        component: null,
        jobXMLName: '',
        jobXML: jsl,
        jobParameters,
        idempotencyKey: key,
        uncapped: job.operation.definition !== undefined
      },
      submitterOf(job)
    )
    await setBulkInstance(db, jobId, instance.instanceId)
    return true
  } catch (error) {
    if (!(error instanceof BatchError) || PASSING.includes(error.code)) throw error
    const failure = { failureCode: error.code, failureReason: error.message }
    return await moveBulkJob(db, { jobId, worker, by: 'fail', to: 'Failing', reason: error.message, failure })
  }
}

/** Where its step runs: with the operation, or with the definition. */
async function applicationOf({ db }: BulkOptions, { operation }: BulkJob): Promise<string> {
  if (operation.artifact !== undefined) return operation.artifact.application
  return (await findDefinition(db, operation.definition.name))?.application ?? ''
}
