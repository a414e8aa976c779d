// `/api/v1/schedules`: create one, look at them, edit or delete one.
import { Type, type Static } from 'typebox'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { DEFAULT_LIMIT, keyOf, NextToken, PagingQuery, tokenAfter } from '../system/list-page.ts'
import { systemSchema } from '../system/system-operation.ts'
import { ETAG, IfMatchHeaders, ifMatchOf, sendETag } from './if-match.ts'
import { type ByName, NamePattern, OneName } from './names.ts'
import { CreationBody, EditBody, settingsOf } from './schedule-bodies.ts'
import type { SchedulingContext } from './scheduling-context.ts'
import { COLLECTED } from './right-fields.ts'
import { ScheduleView, scheduleView, StateWord } from './view/schedule.ts'

const ListQuery = closedObject({
  name: Type.Optional(NamePattern),
  state: Type.Optional(StateWord),
  definition: Type.Optional(NamePattern),
  ...PagingQuery
})

const Page = closedObject({ items: Type.Array(ScheduleView), nextToken: NextToken })

const ONE = { 200: { description: 'The schedule.', json: ScheduleView, headers: ETAG } }

export function scheduleChanges(app: HttpApp, { scheduling, caller }: SchedulingContext): void {
  const { schedules } = scheduling
  const about = { tag: 'schedules', params: OneName } as const

  app.post<{ Body: Static<typeof CreationBody> }>(
    '/schedules',
    {
      ...COLLECTED,
      schema: systemSchema({
        id: 'createSchedule',
        tag: 'schedules',
        summary: 'Create a schedule, InActive',
        description:
          'Its definition is run again and again: it must suit that, and may have to be changed for it first (what it did the last time is there already).',
        body: CreationBody,
        replies: {
          201: {
            description: 'The schedule.',
            json: ScheduleView,
            headers: { ...ETAG, Location: 'Its path.' }
          }
        },
        refusals: [409]
      })
    },
    async (request, reply) => {
      const given = await settingsOf<Static<typeof CreationBody>>(request, some =>
        schedules.problemsOf(some, caller(request))
      )
      const created = await schedules.create(given, caller(request))
      sendETag(reply, created.revision)
      return reply
        .code(201)
        .header('location', `/api/v1/schedules/${created.name}`)
        .send(scheduleView(created))
    }
  )

  app.get<{ Querystring: Static<typeof ListQuery> }>(
    '/schedules',
    {
      schema: systemSchema({
        id: 'listSchedules',
        tag: 'schedules',
        summary: 'Schedules by name',
        query: ListQuery,
        replies: { 200: { description: 'A page.', json: Page } }
      })
    },
    async request => {
      const { name = null, state = null, definition = null, limit = DEFAULT_LIMIT } = request.query
      const after = keyOf('schedules', request.query)
      const search = { name, state, definition, after, limit: limit + 1 }
      const found = await schedules.list(search, caller(request))
      const items = found.slice(0, limit)
      return {
        items: items.map(scheduleView),
        nextToken: found.length > limit ? tokenAfter('schedules', items.at(-1)!.name) : null
      }
    }
  )

  app.get<ByName>(
    '/schedules/:name',
    {
      schema: systemSchema({
        ...about,
        id: 'getSchedule',
        summary: 'A schedule',
        replies: ONE,
        refusals: [404]
      })
    },
    async (request, reply) => {
      const found = await schedules.schedule(request.params.name, caller(request))
      sendETag(reply, found.revision)
      return scheduleView(found)
    }
  )

  app.put<ByName & { Body: Static<typeof EditBody> }>(
    '/schedules/:name',
    {
      ...COLLECTED,
      schema: systemSchema({
        ...about,
        id: 'editSchedule',
        summary: 'Edit it while it is InActive',
        description:
          'What is left out gets its default. Name and definition cannot be changed. A mask that is sent back leaves a secret as it was.',
        headers: IfMatchHeaders,
        body: EditBody,
        replies: ONE,
        refusals: [404, 409, 412, 428]
      })
    },
    async (request, reply) => {
      const { name } = request.params
      // Those two cannot be changed: what they are is not judged here.
      const given = await settingsOf<Static<typeof EditBody>>(
        request,
        ({ name: _, definition: __, ...some }) => schedules.problemsOf(some, caller(request))
      )
      const edited = await schedules.edit(name, given, ifMatchOf(request), caller(request))
      sendETag(reply, edited.revision)
      return scheduleView(edited)
    }
  )

  app.delete<ByName>(
    '/schedules/:name',
    {
      schema: systemSchema({
        ...about,
        id: 'deleteSchedule',
        summary: 'Delete it while it is InActive; the history of its definition keeps its runs',
        headers: IfMatchHeaders,
        replies: { 204: { description: 'It is gone.' } },
        refusals: [404, 409, 412]
      })
    },
    async (request, reply) => {
      await schedules.remove(request.params.name, ifMatchOf(request), caller(request))
      return reply.removeHeader('content-type').code(204).send()
    }
  )
}
