// The one place that knows which HTTP status a refusal has, and how any error is told (RFC 9457, one line).
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { BatchError, type BatchErrorCode } from '../batch/batch-error.ts'
import { type FieldProblem, fieldsInvalid } from '../batch/field-problem.ts'
import { lingerOnClose } from './linger-on-close.ts'
import { loggableUrl } from './loggable-url.ts'
import { PROBLEM_TYPE } from './open-api/problem.ts'
import { REALM } from './realm.ts'
import { type SchemaError, schemaProblems } from './schema-problems.ts'

/** A new code does not compile until it has a status. */
export const STATUS = {
  NoSuchJobInstance: 404,
  NoSuchJobExecution: 404,
  NoSuchExecutionNumber: 404,
  NoSuchStepExecution: 404,
  NoSuchStep: 404,
  NoSuchJobLogPart: 404,
  NoSuchBulkJob: 404,
  NoSuchManifest: 404,
  NoSuchBulkReport: 404,
  NoSuchDefinition: 404,
  NoSuchDefinitionVersion: 404,
  NoSuchBatch: 404,
  NoSuchHold: 404,
  NoSuchPurgePlan: 404,
  NoSuchSchedule: 404,
  NoSuchResource: 404,
  JobExecutionNotRunning: 409,
  JobExecutionAlreadyComplete: 409,
  // As the product: the request names the wrong execution, whatever the state of the right one.
  JobExecutionNotMostRecent: 400,
  JobExecutionIsRunning: 409,
  JobExecutionNotPaused: 409,
  JobExecutionNotWaiting: 409,
  JobInstancePurging: 409,
  JobRestart: 409,
  JobNotPurgeable: 409,
  InstanceHeld: 409,
  PurgePlanState: 409,
  BulkJobState: 409,
  JobLogsNotDeleted: 500,
  JobLogsElsewhere: 410,
  ServerUnreachable: 502,
  JslInvalid: 400,
  ApplicationUnknown: 400,
  NoExecutor: 400,
  JobXMLUnknown: 400,
  JobXMLNameInvalid: 400,
  ParameterMissing: 400,
  ParameterInvalid: 400,
  ValueTooLong: 400,
  TextInvalid: 400,
  BodyInvalid: 400,
  BodyTooLarge: 413,
  MediaTypeUnsupported: 415,
  RequestInvalid: 400,
  DefinitionExists: 409,
  DefinitionInUse: 409,
  ScheduleExists: 409,
  ScheduleActive: 409,
  ScheduleOverlap: 409,
  PartOfServer: 409,
  PreconditionMissing: 428,
  PreconditionFailed: 412,
  MaintenanceMode: 503,
  ActionInvalid: 400,
  MethodNotAllowed: 405,
  RequestForbidden: 403,
  CredentialsMissing: 401,
  CredentialsWrong: 403,
  LoginsSlowedDown: 429,
  LoginUnavailable: 503,
  // As the requirement document and the product have it, not 403.
  InstanceNotAuthorized: 401,
  RoleMissing: 401,
  SubmitNotAuthorized: 401,
  IdempotencyKeyReused: 409,
  ClientRequestTokenReused: 409,
  IdempotencyKeyPurged: 409,
  NotDispatcher: 421,
  ServerStopping: 503,
  DatabaseAway: 503,
  StatementTimeout: 503,
  Internal: 500
} as const satisfies Record<BatchErrorCode, number>

const RETRY_AFTER_SECONDS = 5

/** Answers every error of this app, its routes and Fastify itself; faults are logged, and tell the client nothing. */
export function replyErrors(app: FastifyInstance, bodyLimit: number): void {
  app.setErrorHandler((error: unknown, request, reply) => sendError(error, request, reply, bodyLimit))
}

export function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  bodyLimit: number
): FastifyReply {
  const refusal = error instanceof BatchError ? error : refusalOf(error, request, bodyLimit)
  const status = STATUS[refusal.code]
  // A maintenance is what an administrator wants: whoever asks again and again would fill the log with it.
  if (status >= 500 && refusal.code !== 'MaintenanceMode')
    request.log.error({ err: error, method: request.method, url: loggableUrl(request.url) }, 'request failed')
  if (status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS)
  // RFC 9110 §15.5.2 wants a challenge with every 401. Where a role denies, one that opens no login dialog: who asks has
  // told who he is.
  if (status === 401 && !reply.hasHeader('www-authenticate'))
    reply.header('www-authenticate', `Bearer realm="${REALM}", error="insufficient_scope"`)
  // What is too long is not read to its end, whatever else is wrong with it.
  if (status === 413 || Number(request.headers['content-length']) > bodyLimit) {
    reply.header('connection', 'close')
    lingerOnClose(request.raw)
  }
  // An answer that was to be a zip is none now.
  reply.removeHeader('content-disposition')
  // As bytes: to text Fastify adds a charset, which this type does not have.
  return reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send(Buffer.from(problemText(refusal, MESSAGE_TOO.test(request.url))))
}

/** Document 003's clients read `message`. */
const MESSAGE_TOO = /^\/api\/v1\/batches(?:[/?]|$)/

/** The body of an error reply. `messageToo`: its sentence stands in `message` as well. */
export function problemText(refusal: BatchError, messageToo = false): string {
  const { code, message, details } = refusal
  const errors = errorsOf(refusal)
  return `${JSON.stringify({
    type: `urn:batchyard:error:${code}`,
    title: title(code),
    status: STATUS[code],
    detail: message,
    code,
    ...(messageToo ? { message } : {}),
    ...(errors === null ? {} : { errors }),
    // What is above cannot be overwritten by a detail of the same name.
    ...Object.fromEntries(Object.entries(details).filter(([name]) => !RESERVED.has(name)))
  })}\n`
}

/** Refusals of one field name it first. */
function errorsOf({ code, args, message, details }: BatchError): FieldProblem[] | null {
  if (details['errors'] !== undefined) return null
  const path = String(args[0])
  if (code === 'ParameterInvalid') return [{ path, message: String(args[1]) }]
  return code === 'ValueTooLong' || code === 'TextInvalid' ? [{ path, message }] : null
}

const RESERVED: ReadonlySet<string> = new Set(['type', 'title', 'status', 'detail', 'code', 'message'])

function refusalOf(error: unknown, request: FastifyRequest, bodyLimit: number): BatchError {
  const options = { cause: error }
  const { code, statusCode = 500, message, validation, validationContext } = error as Partial<FastifyError>
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new BatchError('BodyTooLarge', ['The request body', bodyLimit], options)
  }
  if (statusCode === 415) {
    return new BatchError('MediaTypeUnsupported', [request.headers['content-type'] ?? 'none'], options)
  }
  if (validation) {
    const problems = schemaProblems(validation as SchemaError[], validationContext ?? 'request')
    return fieldsInvalid(problems, options)
  }
  if (statusCode >= 400 && statusCode < 500) return new BatchError('RequestInvalid', [message ?? ''], options)
  return new BatchError('Internal', [request.id], options)
}

/** `NoSuchJobInstance` → `No such job instance`, `JobXMLUnknown` → `Job XML unknown`. */
function title(code: BatchErrorCode): string {
  const words = code.match(/[A-Z]+(?![a-z])|[A-Z][a-z]+/g) ?? [code]
  return words.map((word, at) => (at === 0 || /^[A-Z]{2}/.test(word) ? word : word.toLowerCase())).join(' ')
}
