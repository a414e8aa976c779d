// The entry of the batch API, from which a client finds the rest; it has no versions.
import { Type } from 'typebox'
import type { HttpApp } from '../http-app.ts'
import type { LibertyContext } from './liberty-context.ts'
import { Links } from './view/link.ts'

export function batchRoot(app: HttpApp, { view }: LibertyContext): void {
  app.get('/', { schema: { response: { 200: Type.Object({ _links: Links }) } } }, async request => ({
    _links: [{ rel: 'job instance', href: `${view(request).root}/jobinstances` }]
  }))
}
