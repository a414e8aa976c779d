// Without this each reader of a request's URL would have to know that it can be absolute (RFC 9112 §3.2.2).
import type { FastifyRequest } from 'fastify'

/** The path as sent, still percent-encoded, without query. */
export function pathOf({ url }: Pick<FastifyRequest, 'url'>): string {
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
  return path === '' ? '/' : path
}

/** Host and port of an absolute URL in the request line, which outweighs the Host header; null when it is a path. */
export function authorityOf({ url }: Pick<FastifyRequest, 'url'>): string | null {
  return /^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? null
}
