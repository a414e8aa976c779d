// The routes of pipeline batches below /api/v1 (document 003), as one plugin.
import type { FastifyRequest } from 'fastify'
import type { Pipelines } from '../../schedule/pipelines.ts'
import type { AskServers } from '../../operator/other-servers.ts'
import type { CallerOf } from '../caller.ts'
import type { HttpApp } from '../http-app.ts'
import { createAskServers } from '../liberty/ask-servers.ts'
import { JSON_TYPE } from '../liberty/view/json-text.ts'
import { checkBySchemas, readJsonBodies } from '../route-checks.ts'
import { refuseUnstorable } from '../storable-text.ts'
import { batches } from './batches.ts'
import { batchEnds } from './batch-ends.ts'
import { LAST_SLASH } from './last-slash.ts'

export interface PipelinesContext {
  readonly pipelines: Pipelines
  readonly caller: CallerOf
}

export interface BatchesContext extends PipelinesContext {
  /** In the caller's name. */
  readonly others: (request: FastifyRequest) => AskServers
}

/** To be registered with its prefix. */
export async function pipelines(app: HttpApp, context: PipelinesContext): Promise<void> {
  app.addConstraintStrategy(LAST_SLASH)
  // Names and ids that cannot be are unknown ones, not malformed.
  checkBySchemas(app, ['params'])
  readJsonBodies(app)
  app.setSerializerCompiler(() => JSON.stringify)
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('content-type', JSON_TYPE)
  })
  // Fastify reads it as text, and no schema here is one of a text.
  app.removeContentTypeParser('text/plain')
  app.addHook('preHandler', async request => refuseUnstorable(request.body, 'body'))
  const askServers = createAskServers(app)
  const others = (request: FastifyRequest) => askServers(request.headers.authorization)
  batches(app, { ...context, others })
  batchEnds(app, { ...context, others })
}
