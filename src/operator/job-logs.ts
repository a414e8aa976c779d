// Job logs of executions and instances: which parts there are, and their text or zip as a stream.
import type { Readable } from 'node:stream'
import { BatchError } from '../batch/batch-error.ts'
import { findPart } from '../joblog/job-log-path.ts'
import { logEntries, streamText } from '../joblog/job-log-reader.ts'
import { listParts } from '../joblog/list-parts.ts'
import { streamZip } from '../joblog/stream-zip.ts'
import { findJobExecution, listJobExecutions } from '../store/job-executions.ts'
import { findJobInstance } from '../store/job-instances.ts'
import type { OperatorOptions } from './operator-options.ts'

type LogOptions = Pick<OperatorOptions, 'db' | 'jobLogRoot'>

/** The folder of an execution's log relative to the root; `null` before a server has picked it up. */
async function logPathOf({ db }: LogOptions, executionId: number): Promise<string | null> {
  const execution = await findJobExecution(db, executionId)
  if (execution === null) throw new BatchError('NoSuchJobExecution', [executionId])
  return execution.logPath === '' ? null : execution.logPath
}

export async function jobLogParts(options: LogOptions, executionId: number): Promise<readonly string[]> {
  const logPath = await logPathOf(options, executionId)
  return logPath === null ? [] : await listParts(options.jobLogRoot, logPath)
}

/** The whole log, framed; or one part of it raw. */
export async function jobLog(
  options: LogOptions,
  executionId: number,
  part: string | null,
  form: 'text' | 'zip'
): Promise<Readable> {
  const logPath = await logPathOf(options, executionId)
  const parts = logPath === null ? [] : await listParts(options.jobLogRoot, logPath)
  const chosen = part === null ? parts : onlyPart(parts, part, executionId)
  const entries = logPath === null ? [] : logEntries(logPath, chosen, 'execution')
  return form === 'text'
    ? streamText(options.jobLogRoot, entries, { frame: part === null })
    : streamZip(options.jobLogRoot, entries)
}

function onlyPart(parts: readonly string[], asked: string, executionId: number): string[] {
  const path = findPart(parts, asked)
  if (path === null) throw new BatchError('NoSuchJobLogPart', [executionId, asked])
  return [path]
}

/** All executions, newest first. */
export async function instanceJobLog(
  options: LogOptions,
  instanceId: number,
  form: 'text' | 'zip'
): Promise<Readable> {
  if ((await findJobInstance(options.db, instanceId)) === null)
    throw new BatchError('NoSuchJobInstance', [instanceId])
  const entries = []
  for (const { logPath } of await listJobExecutions(options.db, instanceId))
    if (logPath !== '')
      entries.push(...logEntries(logPath, await listParts(options.jobLogRoot, logPath), 'instance'))
  return form === 'text'
    ? streamText(options.jobLogRoot, entries, { frame: true })
    : streamZip(options.jobLogRoot, entries)
}
