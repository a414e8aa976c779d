// Tells units at work that a stop was requested, ends the thread of one that ignores it past its grace period, and tells
// parents of children that the stop ended before they began (ENGINE E11).
import { findChildEnds } from '../store/child-ends.ts'
import { childKey, endEventOf } from './children.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import type { UnitAtWork } from './unit-at-work.ts'

export interface StopDelivery {
  /** Safe to call again for a unit that was told. */
  tell(atWork: UnitAtWork): Promise<void>
}

/** `overdueOf`: the time limit for which the execution of a unit was stopped; `null` = for none. */
export function createStopDelivery(
  options: DispatchOptions,
  overdueOf: (executionId: number) => string | null
): StopDelivery {
  const { stopGraceSeconds, log } = options

  const forceEnd = (atWork: UnitAtWork) => {
    if (atWork.thread === null) return
    // A parent is as stuck as its children are: they are ended first, each by its own grace period.
    if (!atWork.works) {
      atWork.stopTimer = setTimeout(() => forceEnd(atWork), stopGraceSeconds * 1000)
      return
    }
    const reason = `it did not react to the stop within ${stopGraceSeconds} s, and its thread was ended`
    log.warn({ unitId: atWork.unit.unitId, executionId: atWork.unit.executionId }, reason)
    atWork.endedAs = { batchStatus: 'STOPPED', reason }
    void atWork.thread?.end(reason)
  }

  return {
    async tell(atWork) {
      const { thread } = atWork
      if (atWork.stopTimer !== null || thread === null) return
      atWork.stopTimer = setTimeout(() => forceEnd(atWork), stopGraceSeconds * 1000)
      const overdue = overdueOf(atWork.unit.executionId)
      if (overdue !== null) thread.note(`The job is stopped: ${overdue}.`)
      thread.stop(overdue ?? 'a stop of the job was requested', overdue !== null)
      await tellOfCancelledChildren(options, atWork)
    }
  }
}

async function tellOfCancelledChildren(options: DispatchOptions, atWork: UnitAtWork): Promise<void> {
  const { children, unit } = atWork
  if (children === null || children.open === 0) return
  if (await atWork.lookAtChildren()) return
  if (children.source === null) return
  const { inserted } = children
  for (const child of await findChildEnds(options.db, unit.unitId, children.source)) {
    const key = childKey(child)
    if (child.began || child.batchStatus === 'STARTING' || !inserted.has(key)) continue
    children.ended(key, endEventOf(child))
  }
}
