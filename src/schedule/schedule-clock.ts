// The clock of all schedules: on every server, twice a second and when the next one is due, whatever is due is claimed, by
// one server at a time.
import type { Logger } from 'pino'
import { BatchError } from '../batch/batch-error.ts'
import { createTicker, type Ticker } from '../service/ticker.ts'
import { judgeDeadlines } from '../store/deadlines.ts'
import { claimSchedule, dueSchedules } from '../store/schedule-firings.ts'
import { isAway, isContention } from '../store/retry.ts'
import { fireSchedule } from './fire-schedule.ts'
import type { SchedulingOptions } from './scheduling-options.ts'

const EVERY_MS = 500

/** What a server decides on at one time: many schedules are due at the same second, and each is some round trips. */
const LANES = 4

export function createScheduleClock(options: SchedulingOptions, log: Pick<Logger, 'error' | 'warn'>): Ticker {
  return createTicker({
    everyMs: EVERY_MS,
    async round() {
      const { due, nextMs } = await dueSchedules(options.db)
      if (due) await fireAll(options, log)
      for (const missed of await judgeDeadlines(options.db)) log.warn(missed, 'a deadline was missed')
      return due ? (await dueSchedules(options.db)).nextMs : nextMs
    },
    onError(error) {
      // Other rooms say so when PostgreSQL is away.
      if (!isAway(error)) log.error({ err: error }, 'the schedules could not be looked at')
    }
  })
}

async function fireAll(options: SchedulingOptions, log: Pick<Logger, 'error' | 'warn'>): Promise<void> {
  const applications = await options.applications()
  const lanes = Array.from({ length: LANES }, (_, lane) => fireLane(options, log, lane, applications))
  for (const ended of await Promise.allSettled(lanes)) if (ended.status === 'rejected') throw ended.reason
}

async function fireLane(
  options: SchedulingOptions,
  log: Pick<Logger, 'error' | 'warn'>,
  lane: number,
  applications: readonly string[]
): Promise<void> {
  const { db } = options
  for (let after: number | null = 0; after !== null;) {
    const from: number = after
    const claimed = { scheduleId: null as number | null, fired: false }
    try {
      await db.transaction(async trx => {
        const found = await claimSchedule(trx, { lane, lanes: LANES, after: from }, applications)
        if (found === null) return
        claimed.scheduleId = found.schedule.scheduleId
        claimed.fired = await fireSchedule(options, trx, found)
      })
      if (claimed.fired) options.wake()
    } catch (error) {
      if (claimed.scheduleId === null) throw error
      // The others are not to wait for this one.
      if (!passes(error))
        log.error({ err: error, scheduleId: claimed.scheduleId }, 'a schedule could not be fired')
    }
    after = claimed.scheduleId
  }
}

function passes(error: unknown): boolean {
  return error instanceof BatchError || isContention(error) || isAway(error)
}
