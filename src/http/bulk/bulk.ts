// The routes of bulk jobs below /api/v1 (requirement document 002), as one plugin.
import type { BulkOperator } from '../../bulk/bulk-operator.ts'
import type { CallerOf } from '../caller.ts'
import type { HttpApp } from '../http-app.ts'
import { JSON_TYPE } from '../liberty/view/json-text.ts'
import { checkBySchemas, readJsonBodies } from '../route-checks.ts'
import { bulkJob } from './bulk-job.ts'
import { bulkJobChanges } from './bulk-job-changes.ts'
import { bulkJobTags } from './bulk-job-tags.ts'
import { bulkJobs } from './bulk-jobs.ts'
import { manifests } from './manifests.ts'

export interface BulkContext {
  readonly bulk: BulkOperator
  readonly caller: CallerOf
}

/** To be registered with its prefix. */
export async function bulk(app: HttpApp, context: BulkContext): Promise<void> {
  checkBySchemas(app, ['params'])
  app.setSerializerCompiler(() => JSON.stringify)
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('content-type', JSON_TYPE)
  })
  app.register(async scope => manifests(scope, context))
  readJsonBodies(app)
  bulkJobs(app, context)
  bulkJob(app, context)
  bulkJobChanges(app, context)
  bulkJobTags(app, context)
}
