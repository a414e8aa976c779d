// `/api/v1/definitions`: register one, look at them, describe or delete one.
import { Type, type Static } from 'typebox'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { DEFAULT_LIMIT, keyOf, NextToken, PagingQuery, tokenAfter } from '../system/list-page.ts'
import { systemSchema } from '../system/system-operation.ts'
import { DefinitionBody, DescriptionBody, registrationOf, specsOf } from './definition-bodies.ts'
import { ETAG, IfMatchHeaders, ifMatchOf, sendETag } from './if-match.ts'
import { type ByName, NamePattern, OneName, VersionQuery } from './names.ts'
import { COLLECTED } from './right-fields.ts'
import type { SchedulingContext } from './scheduling-context.ts'
import { DefinitionView, definitionView } from './view/definition.ts'

const ListQuery = closedObject({ name: Type.Optional(NamePattern), ...PagingQuery })

const Page = closedObject({ items: Type.Array(DefinitionView), nextToken: NextToken })

const ONE = { 200: { description: 'The definition.', json: DefinitionView, headers: ETAG } }

export function definitions(app: HttpApp, { scheduling, caller }: SchedulingContext): void {
  const { definitions } = scheduling
  const about = { tag: 'definitions', params: OneName } as const

  app.post<{ Body: Static<typeof DefinitionBody> }>(
    '/definitions',
    {
      ...COLLECTED,
      schema: systemSchema({
        id: 'createDefinition',
        tag: 'definitions',
        summary: 'Register a job definition: a JSL under a name, as its version 1',
        body: DefinitionBody,
        replies: {
          201: {
            description: 'The definition.',
            json: DefinitionView,
            headers: { ...ETAG, Location: 'Its path.' }
          }
        },
        refusals: [409]
      })
    },
    async (request, reply) => {
      const { body, source, deadlines } = await registrationOf<Static<typeof DefinitionBody>>(
        request,
        given => definitions.problemsOf(given, caller(request))
      )
      const { name, description = null, application, parameters = {} } = body
      const registration = {
        name,
        description,
        application,
        source,
        parameters: specsOf(parameters),
        deadlines
      }
      const stored = await definitions.register(registration, caller(request))
      sendETag(reply, stored.revision)
      return reply.code(201).header('location', `/api/v1/definitions/${name}`).send(definitionView(stored))
    }
  )

  app.get<{ Querystring: Static<typeof ListQuery> }>(
    '/definitions',
    {
      schema: systemSchema({
        id: 'listDefinitions',
        tag: 'definitions',
        summary: 'Job definitions by name, the latest version of each',
        query: ListQuery,
        replies: { 200: { description: 'A page.', json: Page } }
      })
    },
    async request => {
      const { name = null, limit = DEFAULT_LIMIT } = request.query
      const after = keyOf('definitions', request.query)
      const found = await definitions.list({ name, after, limit: limit + 1 }, caller(request))
      const items = found.slice(0, limit)
      return {
        items: items.map(definitionView),
        nextToken: found.length > limit ? tokenAfter('definitions', items.at(-1)!.name) : null
      }
    }
  )

  app.get<ByName & { Querystring: Static<typeof VersionQuery> }>(
    '/definitions/:name',
    {
      schema: systemSchema({
        ...about,
        id: 'getDefinition',
        summary: 'A version of a job definition, the latest without one',
        query: VersionQuery,
        replies: ONE,
        refusals: [404]
      })
    },
    async (request, reply) => {
      const { version = null } = request.query
      const found = await definitions.definition(request.params.name, version, caller(request))
      sendETag(reply, found.revision)
      return definitionView(found)
    }
  )

  app.patch<ByName & { Body: Static<typeof DescriptionBody> }>(
    '/definitions/:name',
    {
      schema: systemSchema({
        ...about,
        id: 'describeDefinition',
        summary: 'Give it another description; versions do not change',
        headers: IfMatchHeaders,
        body: DescriptionBody,
        replies: ONE,
        refusals: [404, 412, 428]
      })
    },
    async (request, reply) => {
      const { description } = request.body
      const { name } = request.params
      const found = await definitions.describe(name, description, ifMatchOf(request), caller(request))
      sendETag(reply, found.revision)
      return definitionView(found)
    }
  )

  app.delete<ByName>(
    '/definitions/:name',
    {
      schema: systemSchema({
        ...about,
        id: 'deleteDefinition',
        summary: 'Delete it; its history stays readable',
        headers: IfMatchHeaders,
        replies: { 204: { description: 'It is gone.' } },
        refusals: [404, 409, 412]
      })
    },
    async (request, reply) => {
      await definitions.remove(request.params.name, ifMatchOf(request), caller(request))
      return reply.removeHeader('content-type').code(204).send()
    }
  )
}
