// The entry of the batch API, from which a client finds the rest; it has no versions.
import { closedObject } from '../open-api/closed-object.ts'
import type { HttpApp } from '../http-app.ts'
import type { LibertyContext } from './liberty-context.ts'
import { Links } from './view/link.ts'

export function batchRoot(app: HttpApp, { view, schema }: LibertyContext): void {
  app.get(
    '/',
    {
      schema: schema({
        id: 'getBatchRoot',
        summary: 'Where the rest is',
        replies: { 200: { description: 'Links.', json: closedObject({ _links: Links }) } }
      })
    },
    async request => ({
      _links: [{ rel: 'job instance', href: `${view(request).root}/jobinstances` }]
    })
  )
}
