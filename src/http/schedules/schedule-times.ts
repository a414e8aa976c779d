// When a schedule fires, did, and did not: next times, preview, decisions, histories.
import { Type, type Static } from 'typebox'
import type { FireTimes } from '../../schedule/job-schedules.ts'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { Id, TextOrNull, Time } from '../open-api/words.ts'
import { DEFAULT_LIMIT, idKeyOf, NextToken, PagingQuery, tokenAfter } from '../system/list-page.ts'
import { systemSchema } from '../system/system-operation.ts'
import { timesOf } from './given-time.ts'
import { type ByName, OneName } from './names.ts'
import { AllHistoryQuery, HistoryQuery, runQueryOf, RunsPage, runsPage } from './run-query.ts'
import { DEFAULT_COUNT, PreviewBody, settingsOf, TimesQuery } from './schedule-bodies.ts'
import { COLLECTED } from './right-fields.ts'
import type { SchedulingContext } from './scheduling-context.ts'

const Times = closedObject(
  {
    items: Type.Array(
      closedObject({
        time: Type.String({ description: 'ISO 8601 with the offset of the place.' }),
        note: Type.Union([Type.String(), Type.Null()], {
          description: 'What clocks or calendars do to it: `moved: …`, `first of two: …`.'
        })
      })
    ),
    note: Type.Union([Type.String(), Type.Null()], { description: 'Why there is none.' })
  },
  { title: 'FireTimes' }
)

const DecisionView = closedObject(
  {
    nominalTime: Time,
    decision: Type.Unsafe<string>({ type: 'string', enum: ['fired', 'skipped', 'queued'] }),
    reason: Type.Union([
      Type.Unsafe<string>({
        type: 'string',
        enum: ['overlap', 'missed', 'maintenance', 'inactive', 'refused']
      }),
      Type.Null()
    ]),
    message: TextOrNull,
    instanceId: Type.Union([Id, Type.Null()]),
    time: Time
  },
  { title: 'Decision' }
)

const DecisionsQuery = closedObject(PagingQuery)
const DecisionsPage = closedObject({ items: Type.Array(DecisionView), nextToken: NextToken })

export function scheduleTimes(app: HttpApp, { scheduling, caller }: SchedulingContext): void {
  const { schedules } = scheduling
  const about = { tag: 'schedules', params: OneName, refusals: [404] } as const
  const times = { 200: { description: 'In order.', json: Times } }
  const runs = { 200: { description: 'A page.', json: RunsPage } }

  app.get<ByName & { Querystring: Static<typeof TimesQuery> }>(
    '/schedules/:name/next',
    {
      schema: systemSchema({
        ...about,
        id: 'getNextTimes',
        summary: 'Its next times',
        query: TimesQuery,
        replies: times
      })
    },
    async request => {
      const { count = DEFAULT_COUNT } = request.query
      const { from } = timesOf(request.query, ['from'])
      return timesView(await schedules.next(request.params.name, { count, from }, caller(request)))
    }
  )

  app.post<{ Body: Static<typeof PreviewBody> }>(
    '/schedules/preview',
    {
      ...COLLECTED,
      schema: systemSchema({
        id: 'previewTimes',
        tag: 'schedules',
        summary: 'The next times of a schedule that is not stored',
        body: PreviewBody,
        replies: times
      })
    },
    async request => {
      const { count = DEFAULT_COUNT, ...given } = await settingsOf<Static<typeof PreviewBody>>(
        request,
        some => schedules.problemsOf(some, caller(request))
      )
      return timesView(await schedules.preview({ ...given, count }, caller(request)))
    }
  )

  app.get<ByName & { Querystring: Static<typeof DecisionsQuery> }>(
    '/schedules/:name/decisions',
    {
      schema: systemSchema({
        ...about,
        id: 'listDecisions',
        summary: 'What became of each of its times, newest first',
        query: DecisionsQuery,
        replies: { 200: { description: 'A page.', json: DecisionsPage } }
      })
    },
    async request => {
      const { name } = request.params
      const { limit = DEFAULT_LIMIT } = request.query
      const list = `decisions of ${name}`
      const key = idKeyOf(list, request.query)
      const before = key === null ? null : new Date(key)
      const found = await schedules.decisions(name, { before, limit: limit + 1 }, caller(request))
      const items = found.slice(0, limit)
      return {
        items: items.map(({ nominalTime, time, ...decision }) => ({
          nominalTime: nominalTime.toISOString(),
          ...decision,
          time: time.toISOString()
        })),
        nextToken: found.length > limit ? tokenAfter(list, String(items.at(-1)!.nominalTime.getTime())) : null
      }
    }
  )

  app.get<{ Querystring: Static<typeof AllHistoryQuery> }>(
    '/schedules/history',
    {
      schema: systemSchema({
        id: 'getSchedulesHistory',
        tag: 'schedules',
        summary: 'Runs of all schedules, newest first',
        query: AllHistoryQuery,
        replies: runs
      })
    },
    async request => {
      const list = 'history of schedules'
      return runsPage(list, await schedules.history(null, runQueryOf(list, request.query), caller(request)))
    }
  )

  app.get<ByName & { Querystring: Static<typeof HistoryQuery> }>(
    '/schedules/:name/history',
    {
      schema: systemSchema({
        ...about,
        id: 'getScheduleHistory',
        summary: 'Its runs, newest first',
        query: HistoryQuery,
        replies: runs
      })
    },
    async request => {
      const { name } = request.params
      const list = `history of schedule ${name}`
      return runsPage(list, await schedules.history(name, runQueryOf(list, request.query), caller(request)))
    }
  )
}

function timesView({ times, note }: FireTimes): Static<typeof Times> {
  return { items: [...times], note }
}
