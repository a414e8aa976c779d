// DELETE: purges one job instance or a page of them, and deletes the job logs of one.
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { PurgeOptions } from '../../operator/purge-result.ts'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { searchHeaders, searchNotes, searchQuery, StoreOnly } from './described-queries.ts'
import { instanceIdOf } from './ids.ts'
import type { LibertyContext } from './liberty-context.ts'
import { idsIn } from './liberty-operation.ts'
import { isLocalOnly, permitsRedirect, SENT_ON, sendOn } from './other-server.ts'
import { isJobStoreOnly, purgeSearchOf } from './purge-selection.ts'
import type { Query } from './query.ts'
import { sendUnrecognized } from './search-parameters.ts'
import { PurgeResultView, purgeResultView } from './view/purge-result.ts'

interface OneInstance {
  Params: { jobInstanceId: string }
  Querystring: Query
}

const params = idsIn('jobInstanceId')

export function purges(
  app: HttpApp,
  { operator, whereabouts, others, caller, version, calendar, schema }: LibertyContext
): void {
  const optionsOf = (request: FastifyRequest<{ Querystring: Query }>): PurgeOptions => {
    const jobStoreOnly = isJobStoreOnly(request.query)
    if (whereabouts === null || isLocalOnly(request.query)) return { jobStoreOnly }
    return { jobStoreOnly, others: others(request), redirect: permitsRedirect(request.query) }
  }

  const purging = schema({
    id: 'purgeJobInstance',
    summary: 'Purge a job instance and its job logs',
    params,
    query: closedObject(StoreOnly),
    replies: {
      200: { description: 'Purged.' },
      302: SENT_ON
    },
    refusals: [404, 409, 413, 415, 502]
  })
  app.delete<OneInstance>('/jobinstances/:jobInstanceId', { schema: purging }, async (request, reply) => {
    const instanceId = instanceIdOf(request.params.jobInstanceId)
    const restUrl = await operator.purge(instanceId, optionsOf(request), caller(request))
    // Without a version, as the product redirects; its client takes no more than scheme, host and port from it.
    if (restUrl !== null) return sendOn(reply, { restUrl }, `/jobinstances/${instanceId}`)
    reply.removeHeader('content-type')
    return reply.send()
  })

  const clearing = schema({
    id: 'deleteJobLogsOfInstance',
    summary: 'Delete the job logs of what has ended of a job instance',
    params,
    replies: { 200: { description: 'Deleted.' } },
    refusals: [404, 409, 413, 415]
  })
  app.delete<OneInstance>(
    '/jobinstances/:jobInstanceId/joblogs',
    { schema: clearing },
    async (request, reply) => {
      await operator.deleteJobLogs(instanceIdOf(request.params.jobInstanceId), caller(request))
      reply.removeHeader('content-type')
      return reply.send()
    }
  )

  // The oldest version and the path without one know no purge of many.
  if (version === '' || version === 'v1') return
  app.delete<{ Querystring: Query }>(
    '/jobinstances',
    {
      schema: schema({
        id: 'purgeJobInstances',
        summary: 'Purge a page of job instances',
        description: `What a list with the same query shows, each for itself. ${searchNotes(version)}`,
        query: searchQuery(version, StoreOnly),
        replies: {
          200: {
            description: 'What became of each.',
            json: Type.Array(PurgeResultView),
            ...searchHeaders(version)
          }
        },
        refusals: [413, 415]
      })
    },
    async (request, reply) => {
      const search = purgeSearchOf(request.query, version, calendar())
      const results = await operator.purgeAll(search, optionsOf(request), caller(request))
      sendUnrecognized(reply, request.query, version)
      return results.map(purgeResultView)
    }
  )
}
