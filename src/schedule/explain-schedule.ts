// Why a schedule does not start its definition now: switched off, its time has not come, its run is not over, …
import { BatchError } from '../batch/batch-error.ts'
import { type Explanation, waitingFor, type WaitingFor } from '../batch/explanation.ts'
import type { JobSchedule } from '../batch/job-schedule.ts'
import { requireAnyRole } from '../operator/authorization.ts'
import type { Caller } from '../operator/caller.ts'
import { etaOfRun } from '../operator/eta-of-run.ts'
import type { Database } from '../store/database.ts'
import { findDefinition } from '../store/definitions.ts'
import { readMaintenance } from '../store/maintenance.ts'
import { activeRunOf, storeNow, waitingDecisions } from '../store/schedule-firings.ts'
import { findSchedule } from '../store/schedules.ts'
import { isApplicationRun } from '../store/waits.ts'
import { neverFires } from './timing/timing.ts'

/** Rejects with NoSuchSchedule. */
export async function explainSchedule(db: Database, name: string, caller: Caller): Promise<Explanation> {
  requireAnyRole(caller)
  const schedule = await findSchedule(db, name)
  if (schedule === null) throw new BatchError('NoSuchSchedule', [name])
  const reasons: WaitingFor[] = []
  if (schedule.state === 'InActive')
    reasons.push(
      waitingFor(
        'INACTIVE',
        `Schedule ${name} is InActive: it starts nothing by itself until it is activated.`,
        {
          since: schedule.updateTime,
          about: { schedule: name }
        }
      )
    )
  const never = neverFires({ ...schedule }, await storeNow(db))
  if (never !== null) reasons.push(waitingFor('NEVER_FIRES', `Schedule ${name} ${never}.`))
  if (schedule.state === 'Active') reasons.push(...(await reasonsNow(db, schedule, never === null)))
  return { state: schedule.state, waitingFor: reasons, place: null }
}

async function reasonsNow(db: Database, schedule: JobSchedule, fires: boolean): Promise<WaitingFor[]> {
  const { name, nextFireTime } = schedule
  const reasons: WaitingFor[] = []
  const maintenance = await readMaintenance(db)
  if (maintenance.on && !schedule.runsSystem) {
    const why = maintenance.reason === null ? '' : ` (${maintenance.reason})`
    const text = `The server is in maintenance${why}: what is due is skipped, and made up for as "missed" says.`
    reasons.push(waitingFor('MAINTENANCE', text, { since: maintenance.since }))
  }
  const definition = await findDefinition(db, schedule.definition)
  if (definition !== null && !(await isApplicationRun(db, definition.application))) {
    const { application } = definition
    const text = `No server that lives runs application ${application}.`
    reasons.push(waitingFor('APPLICATION_ABSENT', text, { about: { application } }))
  }
  const overlap = await overlapping(db, schedule)
  if (overlap !== null) reasons.push(overlap)
  if (nextFireTime !== null)
    reasons.push(
      waitingFor('NEXT_TIME', `Schedule ${name} fires next at ${nextFireTime.toISOString()}.`, {
        since: schedule.lastRun?.startTime ?? schedule.updateTime,
        until: nextFireTime
      })
    )
  if (reasons.length === 0 && fires)
    reasons.push(
      waitingFor('NOT_WAITING', `Schedule ${name} waits for nothing: its next time is about to be set.`)
    )
  return reasons
}

/** A run in progress that keeps the next one from beginning. */
async function overlapping(db: Database, schedule: JobSchedule): Promise<WaitingFor | null> {
  const { scheduleId, overlap, nextFireTime, lastRun } = schedule
  const instanceId = await activeRunOf(db, scheduleId)
  if (instanceId === null) return null
  const counted =
    nextFireTime === null && 'rule' in schedule.when && (schedule.when.rule.everyMinutes ?? null) !== null
  if (overlap === 'allow' && !counted) return null
  const queued = (await waitingDecisions(db, scheduleId)).filter(({ decision }) => decision === 'queued')
  const then = counted
    ? 'the next time is counted from its end'
    : overlap === 'skip'
      ? 'what is due before it ends is skipped'
      : `what is due before it ends is queued (${queued.length} so far)`
  const since = lastRun?.instanceId === instanceId ? lastRun.startTime : null
  return waitingFor('OVERLAP', `Job instance ${instanceId} of this schedule has not ended: ${then}.`, {
    since,
    until: await etaOfRun(db, instanceId),
    about: { instanceId, queued: queued.length }
  })
}
