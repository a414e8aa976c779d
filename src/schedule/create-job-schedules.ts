// Puts the use cases of schedules together; each asks who may before it begins, and changes one under the lock of its row.
import { BatchError } from '../batch/batch-error.ts'
import { deadlinesOf } from '../batch/deadlines.ts'
import { fieldsInvalid } from '../batch/field-problem.ts'
import type { ParameterSpecs } from '../batch/job-definition.ts'
import type { JobSchedule, ScheduleSettings } from '../batch/job-schedule.ts'
import { requireAnyRole, requireRole, requireSubmit } from '../operator/authorization.ts'
import type { Caller } from '../operator/caller.ts'
import { appendAudit } from '../store/audit.ts'
import type { AuditVerb } from '../batch/audit-verb.ts'
import type { Database } from '../store/database.ts'
import { holdDefinition } from '../store/definition-changes.ts'
import { findDefinition, listSpecs } from '../store/definitions.ts'
import { activeRunOf, listDecisions, setNextFireTime, storeNow } from '../store/schedule-firings.ts'
import {
  activateScheduleRow,
  deactivateScheduleRow,
  deleteScheduleRow,
  findSchedule,
  insertSchedule,
  listSchedules,
  lockSchedule,
  updateSchedule
} from '../store/schedules.ts'
import { transactionOnce } from '../store/transaction-once.ts'
import { previewTimes } from './fire-times.ts'
import type { GivenSettings, JobSchedules, ShownSchedule } from './job-schedules.ts'
import { shownValues, unmaskedValues } from './parameter-values.ts'
import { checkMatch, requireMatch } from './preconditions.ts'
import { lastRunText, programmingText } from './programming-text.ts'
import type { Runs } from './runs.ts'
import { checkSettings, settingProblems } from './schedule-settings.ts'
import type { SchedulingOptions } from './scheduling-options.ts'
import { startRun } from './start-run.ts'
import { timingProblems } from './timing/timing.ts'
import { nextFireTime } from './next-fire-time.ts'

/** How long a change waits for a PostgreSQL that is away. */
const AWAY_MS = 8000

export function createJobSchedules(options: SchedulingOptions, runs: Runs): JobSchedules {
  const { db, secretWords } = options

  const specsOf = async (
    schedule: Pick<JobSchedule, 'definition' | 'version'>,
    at: Database = db
  ): Promise<ParameterSpecs> =>
    (await findDefinition(at, schedule.definition, schedule.version))?.parameters ?? {}
  const shown = async (schedule: JobSchedule): Promise<ShownSchedule> =>
    shownWith(schedule, await specsOf(schedule))
  const shownWith = (schedule: JobSchedule, specs: ParameterSpecs): ShownSchedule => ({
    ...schedule,
    parameters: shownValues(schedule.parameters, specs, secretWords),
    programming: programmingText(schedule.when),
    lastRunText: schedule.lastRun === null ? null : lastRunText(schedule.lastRun, schedule.timeZone)
  })
  const known = async (name: string): Promise<JobSchedule> => {
    const found = await findSchedule(db, name)
    if (found === null) throw new BatchError('NoSuchSchedule', [name])
    return found
  }
  /** Under its lock, with the audit of what was done. */
  const change = async <T>(
    name: string,
    work: (trx: Database, schedule: JobSchedule) => Promise<T>
  ): Promise<T> =>
    await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
      const found = await lockSchedule(trx, name)
      if (found === null) throw new BatchError('NoSuchSchedule', [name])
      return await work(trx, found)
    })
  const audit = async (trx: Database, what: AuditVerb, name: string, caller: Caller, facts: object = {}) =>
    await appendAudit(trx, [{ who: caller.user, what, target: `schedule:${name}`, ...facts }])
  const settingsOf = (given: GivenSettings): ScheduleSettings => ({
    code: given.code ?? null,
    label: given.label ?? null,
    description: given.description ?? null,
    version: given.version ?? null,
    parameters: given.parameters ?? {},
    timeZone: given.timeZone ?? options.timeZone,
    start: given.start ?? null,
    end: given.end ?? null,
    overlap: given.overlap ?? 'skip',
    missed: given.missed ?? 'once',
    missedLimit: given.missedLimit ?? 10,
    deadlines: deadlinesOf(given.deadlines ?? null),
    when: given.when
  })
  const audited = async (settings: ScheduleSettings, definition: string, at: Database) => ({
    ...settings,
    parameters: shownValues(settings.parameters, await specsOf({ ...settings, definition }, at), secretWords)
  })

  return {
    async create({ name, definition, ...given }, caller) {
      requireRole(caller, 'batchAdmin')
      const settings = settingsOf(given)
      const now = await storeNow(db)
      await checkSettings(db, { name, definition, settings, createTime: new Date(now), now })
      await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
        if ((await holdDefinition(trx, definition)) === null)
          throw fieldsInvalid([{ path: 'definition', message: `there is no job definition ${definition}` }])
        const schedule = { ...settings, name, definition, system: false, by: caller.user }
        if (!(await insertSchedule(trx, schedule))) throw new BatchError('ScheduleExists', [name])
        const after = { definition, ...(await audited(settings, definition, trx)) }
        await audit(trx, 'schedule.create', name, caller, { after })
      })
      return await shown(await known(name))
    },
    async schedule(name, caller) {
      requireAnyRole(caller)
      return await shown(await known(name))
    },
    async list(search, caller) {
      requireAnyRole(caller)
      const found = await listSchedules(db, search)
      const specs = await listSpecs(db, found)
      return found.map((schedule, at) => shownWith(schedule, specs[at]!))
    },
    async edit(name, { name: sameName, definition: sameDefinition, ...given }, ifMatch, caller) {
      requireRole(caller, 'batchAdmin')
      await change(name, async (trx, before) => {
        if (before.state === 'Active') throw new BatchError('ScheduleActive', [name])
        requireMatch(ifMatch, before.revision, `schedule ${name}`)
        const { definition } = before
        const changed = [
          ...(sameName === undefined || sameName === name ? [] : ['name']),
          ...(sameDefinition === undefined || sameDefinition === definition ? [] : ['definition'])
        ].map(path => ({ path, message: 'cannot be changed' }))
        if (changed.length > 0) throw fieldsInvalid(changed)
        const specs = await specsOf(before, trx)
        const parameters = unmaskedValues(given.parameters ?? {}, before.parameters, specs, secretWords)
        const settings = settingsOf({ ...given, parameters })
        const { createTime, scheduleId } = before
        await checkSettings(trx, { name: '', definition, settings, createTime, now: await storeNow(trx) })
        await updateSchedule(trx, scheduleId, settings, caller.user)
        await audit(trx, 'schedule.update', name, caller, {
          before: await audited(settingsOf(before), definition, trx),
          after: await audited(settings, definition, trx)
        })
      })
      return await shown(await known(name))
    },
    async remove(name, ifMatch, caller) {
      requireRole(caller, 'batchAdmin')
      await change(name, async (trx, { scheduleId, state, system, revision }) => {
        if (system) throw new BatchError('PartOfServer', [`Schedule ${name}`])
        if (state === 'Active') throw new BatchError('ScheduleActive', [name])
        checkMatch(ifMatch, revision, `schedule ${name}`)
        await deleteScheduleRow(trx, scheduleId)
        await audit(trx, 'schedule.delete', name, caller)
      })
    },
    async activate(name, caller) {
      requireRole(caller, 'batchAdmin')
      await change(name, async (trx, schedule) => {
        if (schedule.state === 'Active') return
        const { definition, createTime, scheduleId } = schedule
        const now = await storeNow(trx)
        await checkSettings(trx, { name: '', definition, settings: schedule, createTime, now })
        const nextFire = nextFireTime(schedule, now, now)
        await activateScheduleRow(trx, { scheduleId, nextFireTime: nextFire, by: caller.user })
        await audit(trx, 'schedule.activate', name, caller)
      })
      return await shown(await known(name))
    },
    async deactivate(name, caller) {
      requireRole(caller, 'batchAdmin')
      await change(name, async (trx, { scheduleId, state }) => {
        if (state === 'InActive') return
        await deactivateScheduleRow(trx, { scheduleId, by: caller.user })
        await audit(trx, 'schedule.deactivate', name, caller)
      })
      return await shown(await known(name))
    },
    async run(name, parameters, caller) {
      requireSubmit(caller)
      const instanceId = await change(name, async (trx, schedule) => {
        const { scheduleId, definition, version, overlap } = schedule
        if (schedule.runsSystem) requireRole(caller, 'batchAdmin')
        if (overlap === 'skip') {
          const active = await activeRunOf(trx, scheduleId)
          if (active !== null) throw new BatchError('ScheduleOverlap', [name, active])
        }
        const start = {
          definition,
          version,
          parameters: [schedule.parameters, parameters],
          schedule: { scheduleId, name },
          trigger: 'manual' as const,
          nominalTime: null,
          deadlines: schedule.deadlines,
          within: trx
        }
        const started = await startRun(options, start, caller)
        // It counts from the end of this run now.
        if ('rule' in schedule.when && (schedule.when.rule.everyMinutes ?? null) !== null)
          await setNextFireTime(trx, scheduleId, null)
        return started
      })
      options.wake()
      return await runs.stored(instanceId)
    },
    async next(name, wanted, caller) {
      requireAnyRole(caller)
      const schedule = await known(name)
      const now = await storeNow(db)
      return previewTimes(schedule, { ...wanted, from: wanted.from ?? lastBefore(schedule) }, now)
    },
    async preview({ count, from, ...given }, caller) {
      requireAnyRole(caller)
      const now = await storeNow(db)
      const timing = { ...settingsOf(given), createTime: new Date(now) }
      const problems = timingProblems(timing, Math.min(from?.getTime() ?? now, now))
      if (problems.length > 0) throw fieldsInvalid(problems)
      return previewTimes(timing, { count, from }, now)
    },
    async problemsOf(given, caller) {
      requireAnyRole(caller)
      return await settingProblems(db, { timeZone: options.timeZone, ...given }, await storeNow(db))
    },
    async decisions(name, page, caller) {
      requireAnyRole(caller)
      return await listDecisions(db, (await known(name)).scheduleId, page)
    },
    async history(name, query, caller) {
      requireAnyRole(caller)
      if (name === null) return await runs.search({ ...query, ofSchedules: true }, caller)
      return await runs.search({ ...query, scheduleId: (await known(name)).scheduleId }, caller)
    }
  }
}

/** For one that counts from the end of the last run: that end, as far as it is known to count; `null` = now. */
function lastBefore({ when, nextFireTime }: JobSchedule): Date | null {
  const minutes = 'rule' in when ? (when.rule.everyMinutes ?? null) : null
  return minutes === null || nextFireTime === null
    ? null
    : new Date(nextFireTime.getTime() - minutes * 60_000)
}
