// Puts the use cases of bulk jobs together; each asks who may before it begins.
import { BatchError } from '../batch/batch-error.ts'
import type { BulkJob } from '../batch/bulk-job.ts'
import { isFinalBulkJobStatus } from '../batch/bulk-job-status.ts'
import {
  mayRead,
  mayWrite,
  requireAnyRole,
  requireRole,
  requireSubmit,
  visibilityOf,
  writesAll
} from '../operator/authorization.ts'
import type { Caller } from '../operator/caller.ts'
import {
  findBulkJob,
  listBulkJobEvents,
  listBulkJobs,
  setBulkJobPriority,
  setBulkJobTags
} from '../store/bulk-jobs.ts'
import { findManifest, storeManifest } from '../store/bulk-manifests.ts'
import { listOutcomes } from '../store/bulk-tasks.ts'
import type { BulkOperator } from './bulk-operator.ts'
import type { BulkOptions } from './bulk-options.ts'
import { clonedCreation, createBulkJob } from './create-job.ts'
import { explainBulkJob } from './explain-bulk-job.ts'
import { setBulkJobStatus } from './set-status.ts'
import { shownOperation } from './shown-job.ts'
import { reportFile } from './write-report.ts'

/** `wake`: there may be something to move. */
export function createBulkOperator(options: BulkOptions, wake: () => void): BulkOperator {
  const { db, secretWords } = options

  const found = async (jobId: string, caller: Caller, may: typeof mayRead, otherwise: () => void) => {
    requireAnyRole(caller)
    const job = await findBulkJob(db, jobId)
    if (job === null) throw new BatchError('NoSuchBulkJob', [jobId])
    if (!may(caller, job)) otherwise()
    return job
  }
  const read = (jobId: string, caller: Caller) =>
    found(jobId, caller, mayRead, () => requireRole(caller, 'batchAdmin', 'batchMonitor'))
  const write = (jobId: string, caller: Caller) =>
    found(jobId, caller, mayWrite, () => requireRole(caller, 'batchAdmin'))
  const masked = (job: BulkJob): BulkJob => ({
    ...job,
    operation: shownOperation(job, secretWords)
  })

  const create: BulkOperator['create'] = async (creation, caller) => {
    const created = await createBulkJob(options, creation, caller)
    wake()
    return created
  }

  return {
    async storeManifest(bytes, caller) {
      requireSubmit(caller)
      return await storeManifest(db, caller.user, bytes)
    },
    async manifest(manifestId, caller) {
      requireAnyRole(caller)
      const found = await findManifest(db, manifestId)
      // Whose it is is told to nobody else.
      if (found === null || (found.submitter !== caller.user && !writesAll(caller)))
        throw new BatchError('NoSuchManifest', [manifestId])
      return found
    },
    create,
    async clone(jobId, overrides, caller) {
      requireSubmit(caller)
      const source = await write(jobId, caller)
      const creation = clonedCreation(source, overrides, secretWords)
      const rerunOf = overrides.manifest === undefined ? source.rerunOf : null
      const created = await createBulkJob(options, creation, caller, rerunOf)
      wake()
      return created
    },
    async rerunFailed(jobId, caller) {
      requireSubmit(caller)
      const source = await write(jobId, caller)
      const refused = (why: string) => new BatchError('BulkJobState', [jobId, source.status, why])
      if (!isFinalBulkJobStatus(source.status)) throw refused('it has not ended')
      if (source.failed === 0) throw refused('none of its tasks failed')
      const created = await createBulkJob(options, clonedCreation(source, {}, secretWords), caller, jobId)
      wake()
      return created
    },
    job: async (jobId, caller) => masked(await read(jobId, caller)),
    async explain(jobId, caller) {
      const job = await read(jobId, caller)
      return await explainBulkJob(db, job, id => options.operator.explainInstance(id, caller))
    },
    async jobs(query, caller) {
      const { description, jobId, ...rest } = query
      const search = {
        ...rest,
        description: description === null ? null : `%${pattern(description)}%`,
        jobId: jobId === null ? null : pattern(jobId)
      }
      return (await listBulkJobs(db, search, visibilityOf(caller))).map(masked)
    },
    async setPriority(jobId, priority, caller) {
      await write(jobId, caller)
      if (!(await setBulkJobPriority(db, { jobId, priority, by: caller.user })))
        throw new BatchError('NoSuchBulkJob', [jobId])
      wake()
    },
    async setTags(jobId, tags, caller) {
      await write(jobId, caller)
      if (!(await setBulkJobTags(db, { jobId, tags, by: caller.user })))
        throw new BatchError('NoSuchBulkJob', [jobId])
    },
    async setStatus(jobId, change, caller) {
      const job = await write(jobId, caller)
      const status = await setBulkJobStatus(db, job, { ...change, by: caller.user })
      wake()
      return status
    },
    async tasks(jobId, page, caller) {
      return await listOutcomes(db, (await read(jobId, caller)).jobNumber, page)
    },
    async events(jobId, page, caller) {
      return await listBulkJobEvents(db, (await read(jobId, caller)).jobNumber, page)
    },
    async report(jobId, caller) {
      const { reportManifest } = await read(jobId, caller)
      if (reportManifest === null) throw new BatchError('NoSuchBulkReport', [jobId])
      return reportManifest
    },
    async reportFile(jobId, file, caller) {
      const lines = reportFile(db, await read(jobId, caller), file)
      if (lines === null) throw new BatchError('NoSuchBulkReport', [`${jobId} (${file})`])
      return lines
    }
  }
}

/** LIKE, of a text in which only `*` has a meaning. */
function pattern(text: string): string {
  return text.replaceAll(/[\\%_]/g, sign => `\\${sign}`).replaceAll('*', '%')
}
