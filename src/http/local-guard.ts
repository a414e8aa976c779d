// Without this any web page a developer visits could submit jobs to the server on his machine, also by DNS rebinding, and any
// page an operator visits could do it with the password that his browser remembers.
import { isIPv4, isIPv6 } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { BatchError } from '../batch/batch-error.ts'
import { authorityOf } from './request-path.ts'

/**
 * For a server without users on a loopback address: refuses requests that a browser sends for somebody else's page.
 * A request without Host (HTTP/1.0) passes: no browser sends one.
 */
export function guardLocal(app: FastifyInstance, publicUrl: string | null): void {
  const publicName = publicUrl === null ? null : new URL(publicUrl).hostname
  const publicHost = publicUrl === null ? null : new URL(publicUrl).host
  app.addHook('onRequest', async request => {
    const why = reasonToRefuse(request, publicName, publicHost)
    if (why !== null) throw new BatchError('RequestForbidden', [why])
  })
}

/**
 * For a server with users: a browser sends the password it was told once with requests of any page, so those that change
 * something must come from the server's own pages. Others can read no answer, for we allow no origin to.
 */
export function guardWrites(app: FastifyInstance, publicUrl: string | null): void {
  const publicHost = publicUrl === null ? null : new URL(publicUrl).host
  app.addHook('onRequest', async request => {
    if (READS.has(request.method)) return
    const why = foreignPage(request, publicHost)
    if (why !== null)
      throw new BatchError('RequestForbidden', [`pages of other sites may not change anything here (${why})`])
  })
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

function reasonToRefuse(
  request: FastifyRequest,
  publicName: string | null,
  publicHost: string | null
): string | null {
  const { host } = request.headers
  for (const asked of [host, authorityOf(request)]) {
    if (typeof asked !== 'string') continue
    const name = hostName(asked)
    if (name === null || !(isLoopback(name) || name === publicName)) {
      return 'while no users are configured, only requests to localhost are answered, and this one names another host'
    }
  }
  const why = foreignPage(request, publicHost)
  return why === null
    ? null
    : `while no users are configured, pages of other sites may not call this server (${why})`
}

/** The header that says so; `null` = no page of another site. */
function foreignPage(
  { headers: { host, origin, 'sec-fetch-site': site } }: FastifyRequest,
  publicHost: string | null
): string | null {
  // Fetch Metadata: `same-site` is another port of the same name, so another program's page.
  if (site !== undefined && site !== 'none' && site !== 'same-origin') return 'Sec-Fetch-Site'
  if (origin === undefined) return null
  const asked = hostOf(`http://${host ?? ''}`, origin)
  const from = hostOf(origin, origin)
  return from === null || (from !== asked && from !== publicHost) ? 'Origin' : null
}

/** The name in a Host header in lower case, an IPv6 address in brackets; null when it is not a host and a port. */
function hostName(host: string): string | null {
  const found = /^(\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(host)
  return found?.[1]?.toLowerCase() ?? null
}

function isLoopback(name: string): boolean {
  if (name === 'localhost') return true
  if (isIPv4(name)) return name.startsWith('127.')
  return name.startsWith('[') && isIPv6(name.slice(1, -1)) && new URL(`http://${name}`).hostname === '[::1]'
}

/** Host and port without the default port of the scheme that `like` has; null when there is none. */
function hostOf(url: string, like: string): string | null {
  const scheme = /^https?:/i.exec(like)?.[0]
  if (scheme === undefined) return null
  const asked = url.replace(/^https?:/i, scheme)
  return URL.canParse(asked) ? new URL(asked).host : null
}
