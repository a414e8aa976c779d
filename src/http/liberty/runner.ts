// Whom a stop is sent on to: both resources that are stopped decide it alike.
import type { FastifyRequest } from 'fastify'
import type { JobTarget } from '../../operator/job-whereabouts.ts'
import type { OtherServer } from '../../operator/other-servers.ts'
import type { LibertyContext } from './liberty-context.ts'
import { isLocalOnly, permitsRedirect } from './other-server.ts'
import type { Query } from './query.ts'

/**
 * `null`: the stop is made here. So it is for whoever does not follow redirects: a stop is passed on through the job
 * repository, which reaches its server also when this one cannot.
 */
export async function runnerOf(
  request: FastifyRequest<{ Querystring: Query }>,
  target: JobTarget,
  { whereabouts, caller }: Pick<LibertyContext, 'whereabouts' | 'caller'>
): Promise<OtherServer | null> {
  if (whereabouts === null || isLocalOnly(request.query) || !permitsRedirect(request.query)) return null
  return await whereabouts.runner(target, caller(request))
}
