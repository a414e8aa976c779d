// Without this a request that Node cannot parse, so Fastify never sees, would be answered in another form than all others.
import type { Socket } from 'node:net'
import { BatchError } from '../batch/batch-error.ts'
import { problemText } from './error-reply.ts'

/** What a client most likely did, by the code of Node's parser. */
const REASONS: Readonly<Record<string, string>> = {
  // curl sends `마감` as it is.
  HPE_INVALID_URL: 'all but ASCII must be percent-encoded in a URL, as %EB%A7%88 for 마.',
  HPE_INVALID_CONSTANT: 'a URL must not hold a blank; %20 stands for one.',
  HPE_HEADER_OVERFLOW: 'its URL and headers are longer than 16 KiB.'
}

/** Answers 400 and closes; a space or a control character in the request line ends up here. */
export function replyMalformed(error: Error & { readonly code?: string }, socket: Socket): void {
  // The client has gone, or an answer is on its way already.
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy(error)
    return
  }
  const why = REASONS[error.code ?? ''] ?? `it is not valid HTTP (${error.code ?? error.message}).`
  const body = problemText(new BatchError('RequestInvalid', [why]))
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  )
}
