// What a request says about other servers: whether its client follows redirects, and whether anybody else may be asked at all.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { OtherServer } from '../../operator/other-servers.ts'
import type { Reply } from '../open-api/operation.ts'
import { firstValue, isTrue, type Query } from './query.ts'

/** Unless `permitRedirect` is given and not `true`, as the requirement document has it: older releases always redirect. */
export function permitsRedirect(query: Query): boolean {
  return firstValue(query, 'permitRedirect') === null || isTrue(query, 'permitRedirect')
}

/** `localOnly=true`: this server answers with what it has, whoever else has something; so servers ask each other. */
export function isLocalOnly(query: Query): boolean {
  return isTrue(query, 'localOnly')
}

/** 302 without a body; `path` below the batch API. */
export function sendOn(
  reply: FastifyReply,
  { restUrl }: Pick<OtherServer, 'restUrl'>,
  path: string
): FastifyReply {
  reply.removeHeader('content-type')
  return reply.redirect(`${restUrl.replace(/\/+$/, '')}${path}`, 302)
}

/** With its `?`; `''` when there is none. */
export function queryTextOf({ raw: { url = '' } }: FastifyRequest): string {
  const at = url.indexOf('?')
  return at === -1 ? '' : url.slice(at)
}

/** How the description tells of it. */
export const SENT_ON: Reply = {
  description: 'Another server has it: ask there.',
  headers: { Location: 'The same on that server.' }
}
