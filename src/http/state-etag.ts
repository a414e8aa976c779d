// Entity tags of what has no revision: of what is shown of it.
import { createHash } from 'node:crypto'

/** For the description of routes. */
export const STATE_ETAG = { ETag: 'Of its state.' } as const

/** `state`: as it is shown, without what changes with the clock alone. */
export function stateETag(state: unknown): string {
  return `"${createHash('sha256').update(JSON.stringify(state)).digest('hex').slice(0, 32)}"`
}
