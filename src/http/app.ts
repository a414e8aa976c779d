// The HTTP side of a server, from the operator upwards: what all of its surfaces share is set here, in order.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, { type FastifyBaseLogger, type FastifyServerOptions } from 'fastify'
import type { BulkOperator } from '../bulk/bulk-operator.ts'
import type { JobOperator } from '../operator/job-operator.ts'
import type { JobWhereabouts } from '../operator/job-whereabouts.ts'
import type { ReadFigures } from '../operator/server-figures.ts'
import type { WatchEvents } from '../operator/watch-events.ts'
import { type Clock, systemClock } from '../service/clock.ts'
import type { CertificateSource } from '../security/certificate.ts'
import { answerOtherMethods } from './allowed-methods.ts'
import { authenticate, type Authentication } from './authentication/authenticate.ts'
import { bulk } from './bulk/bulk.ts'
import { anonymousCaller } from './caller.ts'
import { replyErrors, sendError } from './error-reply.ts'
import { explain } from './explain/explain.ts'
import { health, type Readiness } from './health.ts'
import type { HttpApp } from './http-app.ts'
import { dayStarts } from './liberty/day-start.ts'
import { liberty } from './liberty/liberty.ts'
import { describeApi } from './open-api/describe-api.ts'
import { guardLocal, guardWrites } from './local-guard.ts'
import { metrics } from './metrics/metrics.ts'
import { replyMalformed } from './malformed-request.ts'
import { RequestLog } from './request-log.ts'
import { renewCertificate, tlsOptions } from './tls.ts'
import { refuseUnstorable } from './storable-text.ts'
import type { Scheduling } from '../schedule/create-scheduling.ts'
import { pipelines } from './pipelines/pipelines.ts'
import { scheduling } from './schedules/scheduling.ts'
import { system } from './system/system.ts'

/** In bytes. */
export interface HttpLimits {
  /** A JSON body, also the part of a form. */
  readonly json: number
  /** The JSL part of a form. */
  readonly jsl: number
}

export const DEFAULT_LIMITS: HttpLimits = { json: 16 * 1024 * 1024, jsl: 8 * 1024 * 1024 }

export interface HttpOptions {
  readonly operator: JobOperator
  /** Absent: this server is not monitored. */
  readonly readFigures?: ReadFigures
  /** Absent: this server is the only one of its database. */
  readonly whereabouts?: JobWhereabouts
  readonly watchEvents: WatchEvents
  /** Absent: this server has no definitions and schedules. */
  readonly scheduling?: Scheduling
  /** Absent: this server has no bulk jobs. */
  readonly bulk?: BulkOperator
  /** A logger, pino's options for one, or false. */
  readonly log: FastifyBaseLogger | Exclude<FastifyServerOptions['logger'], undefined>
  readonly readiness: () => Readiness
  /** For links in answers to requests that name no host, e.g. `http://127.0.0.1:9080`. */
  readonly address: string
  /** Overrides scheme and host of requests in links; null: none configured. */
  readonly publicUrl: string | null
  /** IANA name; dates are written in it. */
  readonly timeZone: string
  /** What "three days ago" in a query is counted from; the system's where there is none. */
  readonly clock?: Clock
  /** The root of the job logs, absolute; only to be shown. */
  readonly jobLogDir: string
  readonly limits?: Partial<HttpLimits>
  /** No users are configured and the server listens on loopback only: requests from web pages are refused. */
  readonly localOnly: boolean
  /** How users prove who they are; absent or null: everybody is the local administrator. */
  readonly authentication?: Authentication | null
  /** Absent or null: plain HTTP. */
  readonly certificate?: CertificateSource | null
}

/** A step name of 128 characters, each percent-encoded. */
const LONGEST_PATH_PARAMETER = 4096
const REQUEST_TIMEOUT_MS = 300_000

/** Not listening yet; `listen`, `inject` and `close` are the caller's. */
export function createHttp(options: HttpOptions): HttpApp {
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const { log, authentication = null, certificate = null } = options
  const app: HttpApp = fastify({
    // Fastify's types know another app for each kind of server; what is used here is the same in all.
    ...((certificate === null ? {} : { https: tlsOptions(certificate.first) }) as object),
    ...(typeof log === 'object' && 'child' in log ? { loggerInstance: log } : { logger: log }),
    logController: new RequestLog(),
    bodyLimit: limits.json,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: LONGEST_PATH_PARAMETER },
    // While it closes, the operator decides what is still accepted.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply, limits.json),
    clientErrorHandler: replyMalformed
  }).withTypeProvider<TypeBoxTypeProvider>()

  if (certificate !== null) renewCertificate(app, certificate)
  replyErrors(app, limits.json)
  app.addHook('onRequest', async (_request, reply) => {
    // States change under a client, and a log may hold what a browser would take for a page.
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  })
  // The guard is first: it also covers what is not found.
  if (options.localOnly) guardLocal(app, options.publicUrl)
  else guardWrites(app, options.publicUrl)
  const caller = authentication === null ? anonymousCaller : authenticate(app, authentication)
  answerOtherMethods(app)
  describeApi(app, { authentication, publicUrl: options.publicUrl })
  app.addHook('preValidation', async request => {
    refuseUnstorable(request.params, 'path')
    refuseUnstorable(request.query, 'query')
  })

  app.register(async scope => health(scope, options.readiness))
  const { readFigures } = options
  if (readFigures !== undefined) app.register(metrics, { readFigures, caller })
  const { clock = systemClock } = options
  const days = dayStarts(options.timeZone)
  app.register(liberty, {
    operator: options.operator,
    whereabouts: options.whereabouts ?? null,
    caller,
    addresses: { publicUrl: options.publicUrl, address: options.address },
    timeZone: options.timeZone,
    clock,
    jobLogDir: options.jobLogDir,
    limits: { jobdata: limits.json, jsl: limits.jsl }
  })
  app.register(system, {
    prefix: '/api/v1',
    operator: options.operator,
    watchEvents: options.watchEvents,
    caller,
    timeZone: options.timeZone,
    jobLogDir: options.jobLogDir,
    jslLimit: limits.jsl
  })
  if (options.scheduling !== undefined) {
    app.register(scheduling, {
      prefix: '/api/v1',
      scheduling: options.scheduling,
      caller,
      calendar: () => ({ days, now: clock.now() })
    })
    app.register(pipelines, { prefix: '/api/v1', pipelines: options.scheduling.pipelines, caller })
  }
  app.register(explain, {
    prefix: '/api/v1',
    operator: options.operator,
    scheduling: options.scheduling ?? null,
    bulk: options.bulk ?? null,
    caller
  })
  if (options.bulk !== undefined) app.register(bulk, { prefix: '/api/v1', bulk: options.bulk, caller })
  return app
}
