// Where the operation is a job definition: starts its runs, one for each task, a few at one time; and stops those of a job that ends.
import { BatchError } from '../batch/batch-error.ts'
import type { BulkJob, DefinitionOperation } from '../batch/bulk-job.ts'
import { findBulkJob } from '../store/bulk-jobs.ts'
import { insertBulkRun, nextTaskToRun, RUNS_AT_ONCE, unfinishedRuns } from '../store/bulk-runs.ts'
import type { TaskRow } from '../store/bulk-statements.ts'
import type { BulkOptions } from './bulk-options.ts'
import { PASSING, submitterOf } from './as-submitter.ts'

/** This server is its worker. Nothing is moved by it. */
export async function startRuns(options: BulkOptions, jobId: string): Promise<false> {
  const job = await findBulkJob(options.db, jobId)
  const definition = job?.operation.definition
  if (job === null || definition === undefined) return false
  for (let started = 0; started < RUNS_AT_ONCE; started++)
    if (!(await startRun(options, job, definition))) break
  options.wakeDispatch()
  return false
}

async function startRun(
  options: BulkOptions,
  job: BulkJob,
  definition: DefinitionOperation
): Promise<boolean> {
  const { db } = options
  const { jobNumber } = job
  let underWay: TaskRow | null = null
  try {
    return await db.transaction(async trx => {
      const task = await nextTaskToRun(trx, jobNumber)
      underWay = task
      if (task === null) return false
      const parameters = { ...definition.parameters, ...parametersOf(task) }
      const start = { definition: definition.name, version: definition.version, parameters, within: trx }
      const instanceId = await options.startRun(start, submitterOf(job))
      await insertBulkRun(trx, { jobNumber, row: task.row, instanceId, errorCode: null, message: null })
      return true
    })
  } catch (error) {
    const refused = underWay as TaskRow | null
    if (!(error instanceof BatchError) || refused === null || PASSING.includes(error.code)) throw error
    const { code: errorCode, message } = error
    await insertBulkRun(db, { jobNumber, row: refused.row, instanceId: null, errorCode, message })
    return true
  }
}

function parametersOf({ bucket, key, versionId, fields }: TaskRow): Record<string, string> {
  return { ...fields, bucket, key, ...(versionId === null ? {} : { versionId }) }
}

/** Nothing more is wanted of it. */
export async function stopRuns({ db, operator }: BulkOptions, job: BulkJob): Promise<void> {
  if (job.operation.definition === undefined) return
  for (const instanceId of await unfinishedRuns(db, job.jobNumber))
    try {
      await operator.stopInstance(instanceId, submitterOf(job))
    } catch (error) {
      // It ended, or was purged, meanwhile.
      if (!(error instanceof BatchError) || PASSING.includes(error.code)) throw error
    }
}
