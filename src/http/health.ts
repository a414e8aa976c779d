// What probes and load balancers ask: whether the process lives, and whether it should be sent work.
import { Type, type Static } from 'typebox'
import type { HttpApp } from './http-app.ts'

export const Readiness = Type.Object({ ready: Type.Boolean(), reason: Type.String() })
/** `reason`: a sentence, also when ready. */
export type Readiness = Static<typeof Readiness>

export function health(app: HttpApp, readiness: () => Readiness): void {
  app.get('/healthz', async () => ({ alive: true }))
  app.get(
    '/readyz',
    { schema: { response: { 200: Readiness, 503: Readiness } } },
    async (_request, reply) => {
      const now = readiness()
      return reply.code(now.ready ? 200 : 503).send(now)
    }
  )
}
