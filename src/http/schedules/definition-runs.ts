// Runs of a job definition: start one, and those that were.
import type { Static } from 'typebox'
import type { HttpApp } from '../http-app.ts'
import { systemSchema } from '../system/system-operation.ts'
import { type ByName, OneName, RunBodyOrNothing, VersionQuery } from './names.ts'
import { HistoryQuery, runQueryOf, RunsPage, runsPage } from './run-query.ts'
import type { SchedulingContext } from './scheduling-context.ts'
import { RunView, runView } from './view/run.ts'

export function definitionRuns(app: HttpApp, { scheduling, caller }: SchedulingContext): void {
  const { definitions } = scheduling
  const about = { tag: 'definitions', params: OneName, refusals: [404] } as const

  app.post<
    ByName & { Querystring: Static<typeof VersionQuery>; Body: Static<typeof RunBodyOrNothing> | undefined }
  >(
    '/definitions/:name/run',
    {
      schema: systemSchema({
        ...about,
        id: 'runDefinition',
        summary: 'Run a version of it now, the latest without one',
        query: VersionQuery,
        body: RunBodyOrNothing,
        bodyOptional: true,
        replies: {
          201: { description: 'The run.', json: RunView, headers: { Location: 'Its path.' } }
        },
        refusals: [404, 421]
      })
    },
    async (request, reply) => {
      const { version = null } = request.query
      const parameters = request.body?.parameters ?? {}
      const run = await definitions.run(
        request.params.name,
        { version, parameters, trigger: 'manual' },
        caller(request)
      )
      return reply.code(201).header('location', `/api/v1/runs/${run.instanceId}`).send(runView(run))
    }
  )

  app.get<ByName & { Querystring: Static<typeof HistoryQuery> }>(
    '/definitions/:name/history',
    {
      schema: systemSchema({
        ...about,
        id: 'getDefinitionHistory',
        summary: 'Its runs, newest first; also after it was deleted',
        query: HistoryQuery,
        replies: { 200: { description: 'A page.', json: RunsPage } }
      })
    },
    async request => {
      const { name } = request.params
      const list = `history of definition ${name}`
      return runsPage(list, await definitions.history(name, runQueryOf(list, request.query), caller(request)))
    }
  )
}
