// `GET /api/v1/applications`: what is installed on the servers that live, and what of it is broken.
import { Type, type Static } from 'typebox'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { DEFAULT_LIMIT, keyOf, NextToken, PagingQuery, tokenAfter } from './list-page.ts'
import type { SystemContext } from './system.ts'
import { systemSchema } from './system-operation.ts'
import { ApplicationView, applicationView } from './view/application.ts'

const Query = closedObject(PagingQuery)

const Page = closedObject({
  items: Type.Array(ApplicationView),
  nextToken: NextToken,
  builtInArtifacts: Type.Array(Type.String(), {
    description: 'Names that a `ref` may have in any application.'
  })
})

export function applications(app: HttpApp, { operator, caller }: SystemContext): void {
  const schema = systemSchema({
    id: 'listApplications',
    tag: 'applications',
    summary: 'Applications of all servers with their job definitions and artifacts, by name',
    description: 'Of an application whose code was not loaded before, the first answer takes until it is.',
    query: Query,
    replies: { 200: { description: 'A page.', json: Page } }
  })
  app.get<{ Querystring: Static<typeof Query> }>('/applications', { schema }, async request => {
    const { limit = DEFAULT_LIMIT } = request.query
    const after = keyOf('applications', request.query)
    const page = await operator.applications({ after, limit }, caller(request))
    const last = page.applications.at(-1)
    return {
      items: page.applications.map(applicationView),
      nextToken: page.more && last !== undefined ? tokenAfter('applications', last.name) : null,
      builtInArtifacts: [...page.builtInArtifacts]
    }
  })
}
