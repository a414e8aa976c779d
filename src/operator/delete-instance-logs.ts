// Deletes the job logs of an instance that stays: its files first, then what the index says of them.
import path from 'node:path'
import { BatchError } from '../batch/batch-error.ts'
import { FINAL_BATCH_STATUSES } from '../batch/batch-status.ts'
import { deleteJobLogs } from '../joblog/delete-job-logs.ts'
import { listParts } from '../joblog/list-parts.ts'
import { findHold } from '../store/holds.ts'
import { listJobExecutions } from '../store/job-executions.ts'
import { findJobInstance } from '../store/job-instances.ts'
import { forgetDeletedLogs } from '../store/purge-logs.ts'
import type { Caller } from './caller.ts'
import type { OperatorOptions } from './operator-options.ts'
import { instanceHeld } from './purge-outcome.ts'

/** The log files of all executions that have ended; one that runs keeps its own. */
export async function deleteInstanceJobLogs(
  { db, jobLogRoot, logsFreed, serverId }: OperatorOptions,
  instanceId: number,
  caller: Caller
): Promise<void> {
  if ((await findJobInstance(db, instanceId)) === null)
    throw new BatchError('NoSuchJobInstance', [instanceId])
  const hold = await findHold(db, instanceId)
  if (hold !== null) throw instanceHeld(hold)
  const ended = (await listJobExecutions(db, instanceId)).filter(({ batchStatus }) =>
    FINAL_BATCH_STATUSES.some(final => final === batchStatus)
  )
  const logPaths = ended.map(({ logPath }) => logPath).filter(logPath => logPath !== '')
  const paths: string[] = []
  for (const logPath of logPaths)
    for (const part of await listParts(jobLogRoot, logPath)) paths.push(path.posix.join(logPath, part))
  const [failure] = await deleteJobLogs(jobLogRoot, logPaths, logsFreed)
  if (failure !== undefined)
    throw new BatchError('JobLogsNotDeleted', [instanceId, failure.error.message], { cause: failure.error })
  const executionIds = ended.map(({ executionId }) => executionId)
  await forgetDeletedLogs(db, { instanceId, executionIds, by: caller.user, serverId, paths })
}
