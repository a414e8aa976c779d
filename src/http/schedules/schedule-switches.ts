// What is done with a schedule: activate, deactivate, run by hand.
import { Type, type Static } from 'typebox'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { systemSchema } from '../system/system-operation.ts'
import { ETAG, sendETag } from './if-match.ts'
import { type ByName, OneName, RunBodyOrNothing } from './names.ts'
import type { SchedulingContext } from './scheduling-context.ts'
import { RunView, runView } from './view/run.ts'
import { ScheduleView, scheduleView } from './view/schedule.ts'

/** Nothing is expected in it. */
const EmptyOrNothing = Type.Union([closedObject({}), Type.Null()])

export function scheduleSwitches(app: HttpApp, { scheduling, caller }: SchedulingContext): void {
  const { schedules } = scheduling
  const about = { tag: 'schedules', params: OneName, bodyOptional: true } as const
  const SWITCHES = {
    activate: 'Make it Active: it fires from now on',
    deactivate: 'Make it InActive: a run in progress goes on'
  } as const

  for (const [word, summary] of Object.entries(SWITCHES))
    app.post<ByName>(
      `/schedules/:name/${word}`,
      {
        schema: systemSchema({
          ...about,
          id: `${word}Schedule`,
          summary,
          body: EmptyOrNothing,
          replies: {
            200: {
              description: 'The schedule; a second time is the same.',
              json: ScheduleView,
              headers: ETAG
            }
          },
          refusals: [404]
        })
      },
      async (request, reply) => {
        const switched = await schedules[word as keyof typeof SWITCHES](request.params.name, caller(request))
        sendETag(reply, switched.revision)
        return scheduleView(switched)
      }
    )

  app.post<ByName & { Body: Static<typeof RunBodyOrNothing> | undefined }>(
    '/schedules/:name/run',
    {
      schema: systemSchema({
        ...about,
        id: 'runSchedule',
        summary: 'Run it now, Active or not',
        body: RunBodyOrNothing,
        replies: { 201: { description: 'The run.', json: RunView, headers: { Location: 'Its path.' } } },
        refusals: [404, 409, 421]
      })
    },
    async (request, reply) => {
      const run = await schedules.run(request.params.name, request.body?.parameters ?? {}, caller(request))
      return reply.code(201).header('location', `/api/v1/runs/${run.instanceId}`).send(runView(run))
    }
  )
}
