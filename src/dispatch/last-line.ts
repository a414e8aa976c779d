// Says in a job log how the job was ended from outside: its own thread was cut off before it could.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { JOB_LOGGER, JobLogWriter } from '../joblog/job-log-writer.ts'
import { systemClock } from '../service/clock.ts'
import { findJobExecution } from '../store/job-executions.ts'
import { insertJobLogParts } from '../store/job-log-parts.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import type { UnitAtWork } from './unit-at-work.ts'

type Surroundings = Pick<DispatchOptions, 'db' | 'jobLog' | 'log' | 'server' | 'timeZone'>

/** In a part of its own, once the thread is gone: two writers would tear a part. Never rejects. */
export async function writeLastLine(
  options: Surroundings,
  { unit: { executionId }, thread, logPath }: UnitAtWork
): Promise<void> {
  await thread?.gone
  await write(options, executionId, logPath)
}

/** For an execution of a server that died, where that one's folder of the log can be seen from here. Never rejects. */
export async function writeLastLineOfDead(options: Surroundings, executionId: number): Promise<void> {
  await write(options, executionId, null)
}

/** `logPath` `null`: as the repository has it. */
async function write(options: Surroundings, executionId: number, logPath: string | null): Promise<void> {
  const { db, jobLog, log, server, timeZone } = options
  try {
    const execution = await findJobExecution(db, executionId)
    if (execution === null) return
    const executionPath = logPath ?? execution.logPath.replace(/\/$/, '')
    if (
      logPath === null &&
      (executionPath === '' || !existsSync(path.join(jobLog.jobLogRoot, executionPath)))
    )
      return
    const parts: string[] = []
    const writer = new JobLogWriter({
      root: jobLog.jobLogRoot,
      executionPath,
      subJob: {},
      limits: jobLog.jobLogLimits,
      zone: timeZone,
      now: () => systemClock.now(),
      onPart: part => parts.push(part)
    })
    const { batchStatus, reason } = execution
    writer.write(
      JOB_LOGGER,
      `The job was ended from outside, as ${batchStatus}: ${reason ?? 'no reason is known'}`
    )
    writer.close()
    await insertJobLogParts(
      db,
      parts.map(part => ({ executionId, path: part, serverId: server.serverId }))
    )
  } catch (error) {
    log.warn({ err: error, executionId }, 'the end of a job could not be written to its log')
  }
}
