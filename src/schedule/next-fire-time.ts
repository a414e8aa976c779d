// The next nominal time that is stored with a schedule; without one place for it, the clock and those who switch it on would differ.
import { FINAL_BATCH_STATUSES } from '../batch/batch-status.ts'
import type { JobSchedule } from '../batch/job-schedule.ts'
import { timingOf } from './timing/timing.ts'

/**
 * After `now`, and not before `notBefore`, both in milliseconds since 1970. `null` = there is none; or it counts from the end of a run that
 * is in progress.
 */
export function nextFireTime(schedule: JobSchedule, now: number, notBefore: number): Date | null {
  const { next, afterRun } = timingOf(schedule)
  const at = afterRun === null ? (next(now)?.at ?? null) : afterLastRun(schedule, afterRun, now, notBefore)
  return at === null ? null : new Date(at)
}

function afterLastRun(
  { lastRun }: JobSchedule,
  afterRun: (end: number | null, notBefore: number) => number | null,
  now: number,
  notBefore: number
): number | null {
  if (lastRun === null) return afterRun(null, notBefore)
  if (!(FINAL_BATCH_STATUSES as readonly string[]).includes(lastRun.batchStatus)) return null
  // What was stopped before it began has no end.
  return afterRun(lastRun.endTime?.getTime() ?? now, notBefore)
}
