// The routes below /api/v1 that are of this server and not of Liberty's API, as one plugin.
import type { JobOperator } from '../../operator/job-operator.ts'
import type { WatchEvents } from '../../operator/watch-events.ts'
import type { CallerOf } from '../caller.ts'
import { events } from '../events/events.ts'
import type { HttpApp } from '../http-app.ts'
import { JSON_TYPE } from '../liberty/view/json-text.ts'
import { checkBySchemas, readJsonBodies } from '../route-checks.ts'
import { applications } from './applications.ts'
import { audit } from './audit.ts'
import { executionEnds } from './execution-ends.ts'
import { holds } from './holds.ts'
import { executionPriority } from './execution-priority.ts'
import { validate } from './validate.ts'

export interface SystemContext {
  readonly operator: JobOperator
  readonly watchEvents: WatchEvents
  readonly caller: CallerOf
  /** IANA name; dates of Liberty's bodies are written in it. */
  readonly timeZone: string
  /** The root of the job logs, absolute; only to be shown. */
  readonly jobLogDir: string
  /** Most bytes of a JSL that is a body. */
  readonly jslLimit: number
}

/** To be registered with its prefix. */
export async function system(app: HttpApp, context: SystemContext): Promise<void> {
  // Fastify's own validator drops what a schema does not know, and a misspelt `reason` would be no reason.
  // Ids in paths have a grammar of their own, with Liberty's messages.
  checkBySchemas(app, ['params'])
  readJsonBodies(app)
  // A serializer made from a schema would drop what it does not name; that nothing is there is for the tests to see.
  app.setSerializerCompiler(() => JSON.stringify)
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('content-type', JSON_TYPE)
  })
  // Fastify reads it as text, and no schema here is one of a text.
  app.removeContentTypeParser('text/plain')
  applications(app, context)
  app.register(async scope => validate(scope, context))
  executionEnds(app, context)
  holds(app, context)
  executionPriority(app, context)
  audit(app, context)
  events(app, context)
}
