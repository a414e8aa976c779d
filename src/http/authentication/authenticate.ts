// Who calls: each request becomes a Caller here or is refused, before its body is read. What is open to all stands here too.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { BatchError } from '../../batch/batch-error.ts'
import type { Caller } from '../../operator/caller.ts'
import { Argon2Busy } from '../../security/argon2.ts'
import type { BearerTokens } from '../../security/bearer-tokens.ts'
import { KeysAway } from '../../security/key-set.ts'
import type { Passwords } from '../../security/passwords.ts'
import type { CallerOf } from '../caller.ts'
import type { HttpApp } from '../http-app.ts'
import { REALM } from '../realm.ts'
import { readAuthorization } from './authorization-header.ts'

/** How users prove who they are; `null` = not so. */
export interface Authentication {
  readonly passwords: Passwords | null
  readonly tokens: BearerTokens | null
}

/** Probes, the API's description and the console's own files: nothing of them depends on who asks. Routes, not paths. */
const OPEN = /^\/($|healthz$|readyz$|openapi\.json$|docs(\/|$)|console(\/|$))/

/** To be called before any route is added. Whoever a request was let in as. */
export function authenticate(app: HttpApp, authentication: Authentication): CallerOf {
  const callers = new WeakMap<FastifyRequest, Caller>()
  app.addHook('onRequest', async (request, reply) => {
    // The route that the router found: the URL could be read in another way than the router does.
    const route = request.routeOptions.url
    if (route !== undefined && OPEN.test(route)) return
    if (request.method === 'OPTIONS') return
    callers.set(request, await callerOf(request, reply, authentication))
  })
  return request => {
    const caller = callers.get(request)
    if (caller === undefined) throw new BatchError('CredentialsMissing')
    return caller
  }
}

async function callerOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { passwords, tokens }: Authentication
): Promise<Caller> {
  const given = readAuthorization(request.headers.authorization)
  try {
    if (given.kind === 'basic' && passwords !== null)
      return await byPassword(request, reply, passwords, given)
    if (given.kind === 'bearer' && tokens !== null) return await byToken(request, tokens, given.token)
  } catch (error) {
    if (error instanceof Argon2Busy) throw unavailable('too many logins are being looked at', error)
    if (error instanceof KeysAway) throw unavailable(error.message, error)
    throw error
  }
  if (given.kind === 'malformed') throw wrong('the Authorization header cannot be read')
  reply.header('www-authenticate', challenges(passwords !== null, tokens !== null))
  throw new BatchError('CredentialsMissing')
}

async function byPassword(
  request: FastifyRequest,
  reply: FastifyReply,
  passwords: Passwords,
  credentials: { readonly user: string; readonly password: string }
): Promise<Caller> {
  const verdict = await passwords.check(credentials, request.ip)
  switch (verdict.kind) {
    case 'user':
      return verdict.identity
    case 'slowedDown':
      reply.header('retry-after', verdict.waitSeconds)
      throw new BatchError('LoginsSlowedDown', [verdict.waitSeconds])
    case 'wrong':
      // In the place of a name that is nobody's a password may have been typed.
      request.log.warn(
        { address: request.ip, ...(verdict.known ? { user: credentials.user } : {}) },
        verdict.known ? 'a login failed' : 'a login failed: there is no such user'
      )
      throw wrong('user or password is wrong')
  }
}

async function byToken(request: FastifyRequest, tokens: BearerTokens, token: string): Promise<Caller> {
  const verdict = await tokens.check(token)
  if (verdict.kind === 'user') return verdict.identity
  request.log.warn({ address: request.ip, reason: verdict.reason }, 'a token was not accepted')
  throw wrong(verdict.reason)
}

function challenges(basic: boolean, bearer: boolean): string[] {
  return [
    ...(basic ? [`Basic realm="${REALM}", charset="UTF-8"`] : []),
    ...(bearer ? [`Bearer realm="${REALM}"`] : [])
  ]
}

function wrong(reason: string): BatchError {
  return new BatchError('CredentialsWrong', [reason])
}

function unavailable(reason: string, cause: Error): BatchError {
  return new BatchError('LoginUnavailable', [reason], { cause })
}
