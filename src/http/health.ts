// What probes and load balancers ask: whether the process lives, and whether it should be sent work.
import { Type, type Static } from 'typebox'
import type { HttpApp } from './http-app.ts'
import { JSON_TYPE } from './liberty/view/json-text.ts'
import { closedObject } from './open-api/closed-object.ts'
import { schemaOf } from './open-api/operation.ts'

export const Readiness = closedObject(
  { ready: Type.Boolean(), reason: Type.String() },
  { title: 'Readiness' }
)
/** `reason`: a sentence, also when ready. */
export type Readiness = Static<typeof Readiness>

/** To be registered. */
export async function health(app: HttpApp, readiness: () => Readiness): Promise<void> {
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('content-type', JSON_TYPE)
  })
  const alive = schemaOf({
    id: 'getHealth',
    tag: 'server',
    summary: 'Whether the process lives',
    open: true,
    replies: { 200: { description: 'It does.', json: closedObject({ alive: Type.Literal(true) }) } }
  })
  app.get('/healthz', { schema: alive }, async () => ({ alive: true }))

  const ready = schemaOf({
    id: 'getReadiness',
    tag: 'server',
    summary: 'Whether it should be sent work',
    open: true,
    replies: {
      200: { description: 'It should.', json: Readiness },
      503: { description: 'Not now.', json: Readiness }
    }
  })
  app.get('/readyz', { schema: ready }, async (_request, reply) => {
    const now = readiness()
    return reply.code(now.ready ? 200 : 503).send(now)
  })
}
