// A schedule as the routes show it, with its programming and its last run as operators read them.
import { Type, type Static } from 'typebox'
import { WEEKDAYS } from '../../../batch/job-schedule.ts'
import type { ShownSchedule } from '../../../schedule/job-schedules.ts'
import { closedObject } from '../../open-api/closed-object.ts'
import { DeadlinesView } from '../names.ts'
import { BatchStatusWord, Id, TextOrNull, Time, TimeOrNull } from '../../open-api/words.ts'

const whole = (minimum: number, maximum: number) =>
  Type.Optional(Type.Union([Type.Integer({ minimum, maximum }), Type.Null()]))

const Weekday = Type.Unsafe<(typeof WEEKDAYS)[number]>({ type: 'string', enum: [...WEEKDAYS] })

const Rule = closedObject(
  {
    weekdays: Type.Optional(
      Type.Union([Type.Array(Weekday, { maxItems: 7, uniqueItems: true }), Type.Null()])
    ),
    day: whole(1, 31),
    month: whole(1, 12),
    year: whole(1970, 9999),
    at: Type.Optional(
      Type.Union([
        Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', description: '`HH:mm`' }),
        Type.Null()
      ])
    ),
    everyMinutes: whole(1, 527_040)
  },
  {
    title: 'DayRule',
    description:
      'With a day, weekdays are ignored; month and year need a day (a year a month too). everyMinutes counts from the end of the last run.'
  }
)

const Pattern = Type.String({ minLength: 1, maxLength: 1000 })

export const WhenBody = Type.Union(
  [closedObject({ cron: Pattern }), closedObject({ rrule: Pattern }), closedObject({ rule: Rule })],
  { title: 'When', description: 'Exactly one of them. cron has five fields, or six with seconds first.' }
)

const Texts = closedObject({ fr: Type.String(), en: Type.String(), ko: Type.String() }, { title: 'Texts' })

export const StateWord = Type.Unsafe<'Active' | 'InActive'>({ type: 'string', enum: ['Active', 'InActive'] })
export const OverlapWord = Type.Unsafe<'skip' | 'queue' | 'allow'>({
  type: 'string',
  enum: ['skip', 'queue', 'allow']
})
export const MissedWord = Type.Unsafe<'skip' | 'once' | 'all'>({
  type: 'string',
  enum: ['skip', 'once', 'all']
})

const LastRun = Type.Union([
  closedObject(
    {
      instanceId: Id,
      batchStatus: BatchStatusWord,
      startTime: TimeOrNull,
      endTime: TimeOrNull,
      text: Texts
    },
    { title: 'LastRun' }
  ),
  Type.Null()
])

export const ScheduleView = closedObject(
  {
    name: Type.String(),
    code: TextOrNull,
    label: TextOrNull,
    description: TextOrNull,
    definition: Type.String(),
    version: Type.Union([Type.Integer(), Type.Null()], { description: '`null`: the latest at each firing.' }),
    parameters: Type.Record(Type.String(), Type.String(), { description: 'Secret ones are masked.' }),
    timeZone: Type.String(),
    start: TimeOrNull,
    end: TimeOrNull,
    overlap: OverlapWord,
    missed: MissedWord,
    missedLimit: Type.Integer(),
    deadlines: DeadlinesView,
    when: WhenBody,
    state: StateWord,
    system: Type.Boolean({ description: 'Part of the server.' }),
    createTime: Time,
    createdBy: Type.String(),
    updateTime: Time,
    updatedBy: Type.String(),
    nextFireTime: TimeOrNull,
    programming: Texts,
    lastRun: LastRun
  },
  { title: 'JobSchedule' }
)
export type ScheduleView = Static<typeof ScheduleView>

export function scheduleView(schedule: ShownSchedule): ScheduleView {
  const { lastRun, lastRunText } = schedule
  return {
    name: schedule.name,
    code: schedule.code,
    label: schedule.label,
    description: schedule.description,
    definition: schedule.definition,
    version: schedule.version,
    parameters: schedule.parameters,
    timeZone: schedule.timeZone,
    start: schedule.start?.toISOString() ?? null,
    end: schedule.end?.toISOString() ?? null,
    overlap: schedule.overlap,
    missed: schedule.missed,
    missedLimit: schedule.missedLimit,
    deadlines: schedule.deadlines,
    when: schedule.when as Static<typeof WhenBody>,
    state: schedule.state,
    system: schedule.system,
    createTime: schedule.createTime.toISOString(),
    createdBy: schedule.createdBy,
    updateTime: schedule.updateTime.toISOString(),
    updatedBy: schedule.updatedBy,
    nextFireTime: schedule.nextFireTime?.toISOString() ?? null,
    programming: schedule.programming,
    lastRun:
      lastRun === null || lastRunText === null
        ? null
        : {
            instanceId: lastRun.instanceId,
            batchStatus: lastRun.batchStatus,
            startTime: lastRun.startTime?.toISOString() ?? null,
            endTime: lastRun.endTime?.toISOString() ?? null,
            text: lastRunText
          }
  }
}
