// DELETE: purges one job instance or a page of them, and deletes the job logs of one.
import { Type } from 'typebox'
import type { HttpApp } from '../http-app.ts'
import { instanceIdOf } from './ids.ts'
import type { LibertyContext } from './liberty-context.ts'
import { isJobStoreOnly, purgeSelectionOf } from './purge-selection.ts'
import type { Query } from './query.ts'
import { searchOf } from './search.ts'
import { PurgeResultView, purgeResultView } from './view/purge-result.ts'

interface OneInstance {
  Params: { jobInstanceId: string }
  Querystring: Query
}

export function purges(app: HttpApp, { operator, caller, version }: LibertyContext): void {
  app.delete<OneInstance>('/jobinstances/:jobInstanceId', async (request, reply) => {
    const instanceId = instanceIdOf(request.params.jobInstanceId)
    const jobStoreOnly = isJobStoreOnly(request.query)
    const restUrl = await operator.purge(instanceId, { jobStoreOnly }, caller(request))
    reply.removeHeader('content-type')
    // Without a version, as the product redirects; its client takes no more than scheme, host and port from it.
    if (restUrl !== null)
      return reply.redirect(`${restUrl.replace(/\/+$/, '')}/jobinstances/${instanceId}`, 302)
    return reply.send()
  })

  app.delete<OneInstance>('/jobinstances/:jobInstanceId/joblogs', async (request, reply) => {
    await operator.deleteJobLogs(instanceIdOf(request.params.jobInstanceId), caller(request))
    reply.removeHeader('content-type')
    return reply.send()
  })

  // The oldest version and the path without one know no purge of many.
  if (version === '' || version === 'v1') return
  app.delete<{ Querystring: Query }>(
    '/jobinstances',
    { schema: { response: { 200: Type.Array(PurgeResultView) } } },
    async request => {
      const selection = purgeSelectionOf(request.query)
      const { paging } = searchOf(request.query)
      const jobStoreOnly = isJobStoreOnly(request.query)
      const results = await operator.purgeAll(selection, paging, { jobStoreOnly }, caller(request))
      return results.map(purgeResultView)
    }
  )
}
