// Without this links would point to whatever address the server listens on, not to the one its clients know.
import type { FastifyRequest } from 'fastify'

/** A name or an address, and perhaps a port; anything else in a Host header would end up inside links. */
const HOST = /^(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i

export interface Addresses {
  /** What requests say is overridden by this, e.g. `https://batch.example.com/base`; null: they are believed. */
  readonly publicUrl: string | null
  /** For requests that name no host, e.g. `http://127.0.0.1:9080`. */
  readonly address: string
}

/** Scheme, host and port, perhaps with a path, without a slash at the end. */
export function publicRootOf(request: FastifyRequest, { publicUrl, address }: Addresses): string {
  const { host } = request.headers
  const root =
    publicUrl ?? (host !== undefined && HOST.test(host) ? `${request.protocol}://${host}` : address)
  return root.replace(/\/+$/, '')
}
