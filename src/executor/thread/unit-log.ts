// Opens the job log of a unit where its order says: without it the thread would have to know how log folders are laid out.
import path from 'node:path'
import { JobLogWriter } from '../../joblog/job-log-writer.ts'
import { type SubJob, subJobPath } from '../../joblog/job-log-path.ts'
import { CountedSpace, type LogSpace } from '../../joblog/log-space.ts'
import { systemClock } from '../../service/clock.ts'
import type { UnitOrder } from '../unit-port.ts'
import { AskedSpace } from './asked-space.ts'
import type { ThreadSettings } from './messages.ts'

export interface LogListener {
  readonly onPart: (relativePath: string) => void
  /** The first record that could not be written. */
  readonly onTrouble: (error: Error) => void
}

/** Throws for a directory outside of the log root, and for a time zone that does not exist. */
export function openUnitLog(settings: ThreadSettings, order: UnitOrder, listener: LogListener): JobLogWriter {
  const subJob = subJobOf(order)
  const space = spaceOf(order)
  const folder = path.relative(settings.jobLogRoot, order.logDirectory).replaceAll(path.sep, '/')
  const own = subJobPath(subJob)
  if (folder === '' || folder.startsWith('..') || path.isAbsolute(folder) || !folder.endsWith(own)) {
    throw new Error(
      `the log directory ${order.logDirectory} is not one of this unit below ${settings.jobLogRoot}`
    )
  }
  return new JobLogWriter({
    root: settings.jobLogRoot,
    executionPath: own === '' ? folder : folder.slice(0, -own.length - 1),
    subJob,
    limits: settings.jobLogLimits,
    zone: order.timeZone,
    now: () => systemClock.now(),
    partsBefore: order.logPartsBefore ?? 0,
    ...listener,
    ...(space === null ? {} : { space })
  })
}

function spaceOf({ logSpace }: UnitOrder): LogSpace | null {
  if (logSpace === 'asked') return new AskedSpace()
  return logSpace ? new CountedSpace(logSpace) : null
}

/** A partition inside a flow of a split lies below the flow's folder, which then counts as its execution's. */
function subJobOf({ flow, partition }: UnitOrder): SubJob {
  if (partition) return { partition: { step: partition.stepName, number: partition.partitionNumber } }
  return flow ? { flow } : {}
}
