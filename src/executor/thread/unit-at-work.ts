// Which unit a piece of job code belongs to, however late it runs: an error or a line of a left-over timer must not be charged to the next unit.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { JobLogWriter } from '../../joblog/job-log-writer.ts'
import type { StopRequest } from '../stop-request.ts'
import type { ThreadPort } from './thread-port.ts'

export interface UnitAtWork {
  readonly name: string
  readonly stop: StopRequest
  readonly port: ThreadPort
  readonly log: JobLogWriter
}

const origin = new AsyncLocalStorage<UnitAtWork>()
let atWork: UnitAtWork | null = null

/** Runs one unit; what it starts bears its mark. Throws when another one is at work. */
export async function atWorkOn<T>(unit: UnitAtWork, run: () => Promise<T>): Promise<T> {
  if (atWork) throw new Error(`${unit.name} was to run while ${atWork.name} is at work`)
  atWork = unit
  try {
    return await origin.run(unit, run)
  } finally {
    atWork = null
  }
}

export function unitAtWork(): UnitAtWork | null {
  return atWork
}

/**
 * The unit at work if the code that runs now is its own, else `null`. Code without a mark (module level, or an error
 * handler of a Node that does not restore it) counts as the unit's at work.
 */
export function unitToBlame(): UnitAtWork | null {
  const mark = origin.getStore()
  return mark === undefined || mark === atWork ? atWork : null
}
