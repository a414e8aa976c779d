// Without this each poll of a waiting client would be two lines of the log, and an answer that broke off perhaps none.
import { LogController, type FastifyReply, type FastifyRequest } from 'fastify'
import { loggableUrl } from './loggable-url.ts'

/** One line at debug for each answer; faults are told by the error replies, broken answers by Fastify's `streamError`. */
export class RequestLog extends LogController {
  override incomingRequest(): void {
    // Told when it is answered.
  }

  override defaultErrorLog(): void {
    // Told by the error reply, which knows a refusal from a fault.
  }

  override routeNotFound(): void {
    // A refusal like any other.
  }

  override requestCompleted(_error: unknown, { method, url }: FastifyRequest, reply: FastifyReply): void {
    const { log, statusCode, elapsedTime } = reply
    log.debug({ method, url: loggableUrl(url), status: statusCode, ms: Math.round(elapsedTime) }, 'answered')
  }
}
