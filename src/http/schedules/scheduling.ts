// The routes of job definitions, schedules, runs and maintenance mode below /api/v1 (documents 000 and 004), as one plugin.
import type { HttpApp } from '../http-app.ts'
import { JSON_TYPE } from '../liberty/view/json-text.ts'
import { checkBySchemas, readJsonBodies } from '../route-checks.ts'
import { refuseUnstorable } from '../storable-text.ts'
import { definitionRuns } from './definition-runs.ts'
import { definitions } from './definitions.ts'
import { definitionVersions } from './definition-versions.ts'
import { maintenance } from './maintenance.ts'
import { purgePlans } from './purge-plans.ts'
import { runs } from './runs.ts'
import { scheduleChanges } from './schedule-changes.ts'
import { scheduleSwitches } from './schedule-switches.ts'
import { scheduleTimes } from './schedule-times.ts'
import type { SchedulingContext } from './scheduling-context.ts'

/** To be registered with its prefix. */
export async function scheduling(app: HttpApp, context: SchedulingContext): Promise<void> {
  checkBySchemas(app, ['params', 'headers'])
  readJsonBodies(app)
  app.setSerializerCompiler(() => JSON.stringify)
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('content-type', JSON_TYPE)
  })
  // Fastify reads it as text, and no schema here is one of a text.
  app.removeContentTypeParser('text/plain')
  app.addHook('preHandler', async request => refuseUnstorable(request.body, 'body'))
  definitions(app, context)
  definitionVersions(app, context)
  definitionRuns(app, context)
  scheduleChanges(app, context)
  scheduleSwitches(app, context)
  scheduleTimes(app, context)
  runs(app, context)
  maintenance(app, context)
  purgePlans(app, context)
}
