// What one server does with one schedule that it has locked: decides on what is due, makes up for what was missed, fires, and
// says when it is to be looked at next; all of it in the transaction that holds the lock, so it happens once or not at all.
import { BatchError, type BatchErrorCode } from '../batch/batch-error.ts'
import { deadlinesOf } from '../batch/deadlines.ts'
import type { Decision, JobSchedule } from '../batch/job-schedule.ts'
import { type Caller, adminCaller } from '../operator/caller.ts'
import type { Database } from '../store/database.ts'
import { insertUnfiredDeadlines } from '../store/deadlines.ts'
import { findDefinition } from '../store/definitions.ts'
import {
  activeRunOf,
  type ClaimedSchedule,
  decidedTimes,
  insertDecisions,
  type NewDecision,
  setNextFireTime,
  settleDecision,
  waitingDecisions
} from '../store/schedule-firings.ts'
import { nextFireTime } from './next-fire-time.ts'
import { startRun, type StartOptions } from './start-run.ts'
import { lastOf } from './timing/occurrences.ts'
import { timingOf } from './timing/timing.ts'

/** What is later than this was missed: no server was there, or it was in maintenance. A server looks twice a second. */
export const MISSED_AFTER_MS = 5000

/** Nominal times of an absence that leave a decision; the newest. */
const MOST_RECORDED = 1000

/** They pass: the next round tries again. */
const PASSING: readonly BatchErrorCode[] = [
  'ServerStopping',
  'DatabaseAway',
  'StatementTimeout',
  'MaintenanceMode',
  'Internal'
]

type Options = StartOptions

/** `true`: something was fired. */
export async function fireSchedule(
  options: Options,
  trx: Database,
  claimed: ClaimedSchedule
): Promise<boolean> {
  const { schedule, now, behind } = claimed
  if (schedule.state !== 'Active') return false
  const inMaintenance = claimed.inMaintenance && !schedule.runsSystem
  const round = new Round(options, trx, schedule, now)
  const due = dueTimes(schedule, now)
  // What waits is older: it goes first.
  if (!inMaintenance && behind) await round.makeUp()
  await round.decide(due, inMaintenance)
  if (!inMaintenance && due.length > 0 && round.behind) await round.makeUp()
  await round.setNext(due.length > 0)
  return round.fired
}

/** In order; the newest where there are too many. */
function dueTimes(schedule: JobSchedule, now: number): number[] {
  const from = schedule.nextFireTime?.getTime() ?? Number.POSITIVE_INFINITY
  if (from > now) return []
  const { next, afterRun } = timingOf(schedule)
  if (afterRun !== null) return [from]
  // What was stored is due, whatever the time zone's rules have become since.
  const later = lastOf(next, { from: from + 1, until: now }, MOST_RECORDED).map(({ at }) => at)
  return later.length < MOST_RECORDED ? [from, ...later] : later
}

class Round {
  fired = false
  /** Whether a run of it has not ended; `null` = not looked at yet. */
  #active: boolean | null = null
  /** Something waits to be fired. */
  behind = false
  readonly #options: Options
  readonly #trx: Database
  readonly #schedule: JobSchedule
  readonly #now: number
  /** Of the start: its runs have the name of who switched it on. */
  readonly #caller: Caller

  constructor(options: Options, trx: Database, schedule: JobSchedule, now: number) {
    this.#options = options
    this.#trx = trx
    this.#schedule = schedule
    this.#now = now
    this.#caller = adminCaller(schedule.activatedBy ?? schedule.createdBy)
  }

  async decide(due: readonly number[], inMaintenance: boolean): Promise<void> {
    const { scheduleId, missed, overlap } = this.#schedule
    const waiting = missed !== 'skip'
    const decisions: NewDecision[] = []
    const decided = await decidedTimes(this.#trx, scheduleId, due)
    for (const at of due) {
      const nominalTime = new Date(at)
      // A clock that was put back brings times again that have been.
      if (decided.has(at)) continue
      const late = this.#now - at > MISSED_AFTER_MS
      if (inMaintenance || late) {
        const reason = inMaintenance ? 'maintenance' : 'missed'
        decisions.push({ nominalTime, decision: 'skipped', reason, waiting })
        this.behind ||= waiting
      } else if (overlap === 'allow' || !(await this.#isHeld()))
        decisions.push({ nominalTime, ...(await this.#fire(nominalTime)) })
      else if (overlap === 'queue') {
        decisions.push({ nominalTime, decision: 'queued', reason: 'overlap', waiting: true })
        this.behind = true
      } else decisions.push({ nominalTime, decision: 'skipped', reason: 'overlap' })
    }
    await insertDecisions(this.#trx, scheduleId, decisions)
    await this.#keepDeadlines(decisions.filter(({ instanceId }) => typeof instanceId !== 'number'))
  }

  /** What did not fire is late all the same. */
  async #keepDeadlines(unfired: readonly NewDecision[]): Promise<void> {
    if (unfired.length === 0) return
    const { definition, version } = this.#schedule
    const found = await findDefinition(this.#trx, definition, version)
    const deadlines = deadlinesOf(this.#schedule.deadlines, found?.deadlines ?? null)
    if (deadlines === null) return
    const times = unfired.map(({ nominalTime }) => nominalTime)
    await insertUnfiredDeadlines(this.#trx, this.#schedule, deadlines, times)
  }

  /** What is queued, and what was missed as far as it is to be made up for: oldest first, each when there is room. */
  async makeUp(): Promise<void> {
    const { scheduleId, overlap } = this.#schedule
    // A long run may have thousands wait behind it: they are not read twice a second for nothing.
    if (overlap !== 'allow' && (await this.#isActive())) {
      this.behind = true
      return
    }
    const waiting = await waitingDecisions(this.#trx, scheduleId)
    const dropped = this.#notMadeUp(waiting)
    await settleDecision(this.#trx, scheduleId, [...dropped], null)
    this.behind = false
    for (const { nominalTime } of waiting) {
      if (dropped.has(nominalTime)) continue
      if (overlap !== 'allow' && (await this.#isActive())) {
        this.behind = true
        return
      }
      await settleDecision(this.#trx, scheduleId, [nominalTime], await this.#fire(nominalTime))
    }
  }

  /** Of `once` all but the last, of `all` those over its limit. */
  #notMadeUp(waiting: readonly Decision[]): ReadonlySet<Date> {
    const { missed, missedLimit } = this.#schedule
    const missedTimes = waiting.filter(({ decision }) => decision === 'skipped').map(each => each.nominalTime)
    const kept = missed === 'skip' ? 0 : missed === 'once' ? 1 : missedLimit
    return new Set(missedTimes.slice(0, Math.max(0, missedTimes.length - kept)))
  }

  async setNext(wasDue: boolean): Promise<void> {
    const { scheduleId, nextFireTime: before } = this.#schedule
    const { afterRun } = timingOf(this.#schedule)
    if (afterRun === null) {
      if (wasDue)
        await setNextFireTime(this.#trx, scheduleId, nextFireTime(this.#schedule, this.#now, this.#now))
      return
    }
    // It counts from an end that is still to come, or from now on where this time passed without a run.
    if (this.fired) await setNextFireTime(this.#trx, scheduleId, null)
    else if (wasDue) {
      const at = afterRun(this.#now, this.#now)
      await setNextFireTime(this.#trx, scheduleId, at === null ? null : new Date(at))
    } else if (before === null) {
      const next = nextFireTime(
        this.#schedule,
        this.#now,
        this.#schedule.lastRun?.endTime?.getTime() ?? this.#now
      )
      if (next !== null) await setNextFireTime(this.#trx, scheduleId, next)
    }
  }

  /** A run is in progress, or others are before it in the queue. */
  async #isHeld(): Promise<boolean> {
    return (this.#schedule.overlap === 'queue' && this.behind) || (await this.#isActive())
  }

  async #isActive(): Promise<boolean> {
    this.#active ??= (await activeRunOf(this.#trx, this.#schedule.scheduleId)) !== null
    return this.#active
  }

  async #fire(nominalTime: Date): Promise<Omit<NewDecision, 'nominalTime'>> {
    const { scheduleId, name, definition, version, parameters, deadlines } = this.#schedule
    try {
      const instanceId = await startRun(
        this.#options,
        {
          definition,
          version,
          parameters: [parameters],
          schedule: { scheduleId, name },
          trigger: 'schedule',
          nominalTime,
          deadlines,
          within: this.#trx
        },
        this.#caller
      )
      this.fired = true
      this.#active = true
      return { decision: 'fired', reason: null, instanceId }
    } catch (error) {
      if (!(error instanceof BatchError) || PASSING.includes(error.code)) throw error
      return { decision: 'skipped', reason: 'refused', message: error.message }
    }
  }
}
