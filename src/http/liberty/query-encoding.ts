// Without this `%zz` or half of a character would be taken for a text that somebody looks for, and nothing be found.
import type { FastifyRequest } from 'fastify'
import { BatchError } from '../../batch/batch-error.ts'

/** Refuses a query whose percent-encoding is not that of UTF-8. */
export function refuseMisencodedQuery({ url }: Pick<FastifyRequest, 'url'>): void {
  const query = /\?([^#]*)/s.exec(url)?.[1]
  if (query === undefined || !query.includes('%')) return
  for (const part of query.split('&')) {
    try {
      decodeURIComponent(part)
    } catch {
      const name = /^[\w.-]{1,60}(?==)/.exec(part)?.[0] ?? 'A parameter'
      throw new BatchError('RequestInvalid', [
        `${name} of its query is not percent-encoded UTF-8 (%25 stands for a percent sign).`
      ])
    }
  }
}
