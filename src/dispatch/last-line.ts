// Says in a job log how the job was ended from outside: its own thread was cut off before it could.
import { JOB_LOGGER, JobLogWriter } from '../joblog/job-log-writer.ts'
import { systemClock } from '../service/clock.ts'
import { findJobExecution } from '../store/job-executions.ts'
import { insertJobLogParts } from '../store/job-log-parts.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import type { UnitAtWork } from './unit-at-work.ts'

/** In a part of its own, once the thread is gone: two writers would tear a part. Never rejects. */
export async function writeLastLine(
  options: Pick<DispatchOptions, 'db' | 'jobLog' | 'log' | 'server' | 'timeZone'>,
  { unit: { executionId }, thread, logPath }: UnitAtWork
): Promise<void> {
  const { db, jobLog, log, server, timeZone } = options
  try {
    await thread?.gone
    const execution = await findJobExecution(db, executionId)
    if (execution === null) return
    const parts: string[] = []
    const writer = new JobLogWriter({
      root: jobLog.jobLogRoot,
      executionPath: logPath,
      subJob: {},
      limits: jobLog.jobLogLimits,
      zone: timeZone,
      now: () => systemClock.now(),
      onPart: path => parts.push(path)
    })
    const { batchStatus, reason } = execution
    writer.write(
      JOB_LOGGER,
      `The job was ended from outside, as ${batchStatus}: ${reason ?? 'no reason is known'}`
    )
    writer.close()
    await insertJobLogParts(
      db,
      parts.map(path => ({ executionId, path, serverId: server.serverId }))
    )
  } catch (error) {
    log.warn({ err: error, executionId }, 'the end of a job could not be written to its log')
  }
}
