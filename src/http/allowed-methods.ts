// Without this an unsupported method on a known path would be "not found", and OPTIONS would need a route for each path.
import type { FastifyInstance } from 'fastify'
import { BatchError } from '../batch/batch-error.ts'
import { pathOf } from './request-path.ts'

/**
 * Answers what no route answers, before a body is read: 405 with `Allow` on a path that exists for other methods, 204
 * with `Allow` to its OPTIONS, else 404. To be called before any route is added: it learns the paths from the routes.
 */
export function answerOtherMethods(app: FastifyInstance): void {
  const known = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const methods = known.get(url) ?? new Set(['OPTIONS'])
    for (const one of [method].flat()) methods.add(one)
    known.set(url, methods)
  })
  // A route of files that does not have the one asked for.
  app.setNotFoundHandler(async request => {
    throw new BatchError('NoSuchResource', [shortened(pathOf(request))])
  })
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return
    const path = pathOf(request)
    const methods = [...known].flatMap(([pattern, some]) => (isLike(path, pattern) ? [...some] : []))
    if (methods.length === 0) throw new BatchError('NoSuchResource', [shortened(path)])
    const allowed = [...new Set(methods)].toSorted().join(', ')
    reply.header('allow', allowed)
    if (request.method === 'OPTIONS') return reply.code(204).send()
    throw new BatchError('MethodNotAllowed', [request.method, shortened(path), allowed])
  })
}

/** Whether a path is one of a route's, by its segments; the router itself cannot be asked without a method. */
function isLike(path: string, pattern: string): boolean {
  const asked = withoutLastSlash(path).split('/')
  const wanted = withoutLastSlash(pattern).split('/')
  return (
    asked.length === wanted.length &&
    wanted.every((segment, at) => (segment.startsWith(':') ? asked[at] !== '' : segment === asked[at]))
  )
}

function withoutLastSlash(path: string): string {
  return path.replace(/\/$/, '')
}

function shortened(path: string): string {
  return path.length > 200 ? `${path.slice(0, 200)}…` : path
}
