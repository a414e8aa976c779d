// Opens the job log of a unit where its order says: without it the thread would have to know how log folders are laid out.
import path from 'node:path'
import { JobLogWriter } from '../../joblog/job-log-writer.ts'
import { type SubJob, subJobPath } from '../../joblog/job-log-path.ts'
import { systemClock } from '../../service/clock.ts'
import type { UnitOrder } from '../unit-port.ts'
import type { ThreadSettings } from './messages.ts'

/** Throws for a directory outside of the log root, and for a time zone that does not exist. */
export function openUnitLog(
  settings: ThreadSettings,
  order: UnitOrder,
  onPart: (relativePath: string) => void
): JobLogWriter {
  const subJob = subJobOf(order)
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
    onPart
  })
}

/** A partition inside a flow of a split lies below the flow's folder, which then counts as its execution's. */
function subJobOf({ flow, partition }: UnitOrder): SubJob {
  if (partition) return { partition: { step: partition.stepName, number: partition.partitionNumber } }
  return flow ? { flow } : {}
}
