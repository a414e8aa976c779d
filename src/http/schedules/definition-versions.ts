// Versions of a job definition, and the JSL of one.
import { Type, type Static } from 'typebox'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { DEFAULT_LIMIT, idKeyOf, NextToken, PagingQuery, tokenAfter } from '../system/list-page.ts'
import { systemSchema } from '../system/system-operation.ts'
import { registrationOf, specsOf, VersionBody } from './definition-bodies.ts'
import { ETAG, sendETag } from './if-match.ts'
import { type ByName, OneName, VersionQuery } from './names.ts'
import { COLLECTED } from './right-fields.ts'
import type { SchedulingContext } from './scheduling-context.ts'
import { DefinitionView, definitionView } from './view/definition.ts'

const Query = closedObject(PagingQuery)

const Page = closedObject({ items: Type.Array(DefinitionView), nextToken: NextToken })

const XML_TYPE = 'application/xml; charset=UTF-8'

export function definitionVersions(app: HttpApp, { scheduling, caller }: SchedulingContext): void {
  const { definitions } = scheduling
  const about = { tag: 'definitions', params: OneName, refusals: [404] } as const

  app.get<ByName & { Querystring: Static<typeof Query> }>(
    '/definitions/:name/versions',
    {
      schema: systemSchema({
        ...about,
        id: 'listDefinitionVersions',
        summary: 'Its versions, newest first',
        query: Query,
        replies: { 200: { description: 'A page.', json: Page } }
      })
    },
    async request => {
      const { name } = request.params
      const { limit = DEFAULT_LIMIT } = request.query
      const list = `versions of ${name}`
      const before = idKeyOf(list, request.query)
      const found = await definitions.versions(name, { before, limit: limit + 1 }, caller(request))
      const items = found.slice(0, limit)
      return {
        items: items.map(definitionView),
        nextToken: found.length > limit ? tokenAfter(list, String(items.at(-1)!.version)) : null
      }
    }
  )

  app.post<ByName & { Body: Static<typeof VersionBody> }>(
    '/definitions/:name/versions',
    {
      ...COLLECTED,
      schema: systemSchema({
        ...about,
        id: 'createDefinitionVersion',
        summary: 'Register its next version',
        description: 'Parameters and deadlines that are left out are those of the version before.',
        body: VersionBody,
        refusals: [404, 409],
        replies: {
          201: { description: 'It.', json: DefinitionView, headers: { ...ETAG, Location: 'Its path.' } }
        }
      })
    },
    async (request, reply) => {
      const { name } = request.params
      const { body, source, deadlines } = await registrationOf<Static<typeof VersionBody>>(request, given =>
        definitions.problemsOf(given, caller(request))
      )
      const { parameters } = body
      const version = {
        source,
        parameters: parameters === undefined ? null : specsOf(parameters),
        ...(body.deadlines === undefined ? {} : { deadlines })
      }
      const stored = await definitions.registerVersion(name, version, caller(request))
      sendETag(reply, stored.revision)
      return reply
        .code(201)
        .header('location', `/api/v1/definitions/${stored.name}?version=${stored.version}`)
        .send(definitionView(stored))
    }
  )

  app.get<ByName & { Querystring: Static<typeof VersionQuery> }>(
    '/definitions/:name/jsl',
    {
      schema: systemSchema({
        ...about,
        id: 'getDefinitionJsl',
        summary: 'The JSL of a version, the latest without one',
        query: VersionQuery,
        replies: { 200: { description: 'As it was registered.', other: { 'application/xml': 'JSL.' } } }
      })
    },
    async (request, reply) => {
      const { version = null } = request.query
      const jsl = await definitions.jsl(request.params.name, version, caller(request))
      return reply.type(XML_TYPE).send(Buffer.from(jsl))
    }
  )
}
