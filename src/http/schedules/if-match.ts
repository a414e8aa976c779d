// Entity tags of what has revisions, and the If-Match that sends them back.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { IfMatch } from '../../schedule/preconditions.ts'

/** For the description of routes that change something. */
export const IfMatchHeaders = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'The ETag of what the change is based on, or `*`.' }))
})

export const ETAG = { ETag: 'Of this state, for If-Match.' } as const

export function sendETag(reply: FastifyReply, revision: number): void {
  reply.header('etag', `"${revision}"`)
}

/** What is no tag of ours matches nothing. */
export function ifMatchOf(request: FastifyRequest): IfMatch {
  const header = request.headers['if-match']
  if (header === undefined) return null
  if (header.trim() === '*') return 'any'
  return [...header.matchAll(/(?:^|,)\s*"(\d{1,15})"\s*(?=,|$)/g)].map(([, revision]) => Number(revision))
}
