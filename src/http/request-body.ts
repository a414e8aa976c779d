// Without this a body would be read by what its Content-Type claims; clients of the batch API send JSON under any type.
import type { FastifyInstance } from 'fastify'
import { BatchError } from '../batch/batch-error.ts'
import { refuseUnstorable } from './storable-text.ts'

const MULTIPART = /^\s*multipart\/[^;,\s]*/i

/** In this scope a request's `body` is its bytes, up to `limit` of them, whatever its Content-Type says; or undefined. */
export function readBodiesAsBytes(app: FastifyInstance, limit: number): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: limit }, (_request, body, done) =>
    done(null, body)
  )
  app.addHook('onRequest', async request => {
    // Fastify answers 415 to a header that is no media type; a form is the one type that is looked at, when submitted: any kind
    // of multipart, as in Liberty, whose parts have names.
    const { 'content-type': type = '' } = request.headers
    if (request.method === 'POST' && MULTIPART.test(type))
      request.headers['content-type'] = type.replace(MULTIPART, 'multipart/form-data')
    else delete request.headers['content-type']
  })
}

/** The text of bytes a client sent; `name` is what they are. A byte order mark is dropped. */
export function utf8(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new BatchError('BodyInvalid', [`${name} is not UTF-8.`], { cause })
  }
}

/** The JSON object in a text; refuses anything else, and text PostgreSQL cannot store. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const why =
      text.trim() === '' ? 'it is empty; a JSON object is expected.' : `it is not JSON: ${reason(cause)}`
    throw new BatchError('BodyInvalid', [why], { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BatchError('BodyInvalid', ['a JSON object is expected.'])
  }
  refuseUnstorable(value, 'body')
  return value as Record<string, unknown>
}

/** V8 quotes the text around the mistake, which can be half a surrogate pair. */
function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message.toWellFormed().replaceAll('\u0000', '\\u0000') : String(cause)
}
