// IBM Liberty's batch API: the same routes under five prefixes, made in a loop so that no version can fall behind.
import multipart from '@fastify/multipart'
import type { JobOperator } from '../../operator/job-operator.ts'
import type { JobWhereabouts } from '../../operator/job-whereabouts.ts'
import type { AskServers } from '../../operator/other-servers.ts'
import type { CallerOf } from '../caller.ts'
import type { HttpApp } from '../http-app.ts'
import { readBodiesAsBytes } from '../request-body.ts'
import type { Clock } from '../../service/clock.ts'
import { createAskServers } from './ask-servers.ts'
import { batchRoot } from './batch-root.ts'
import { dayStarts } from './day-start.ts'
import { jobExecutions } from './job-executions.ts'
import { jobInstances } from './job-instances.ts'
import { jobLogs } from './job-logs.ts'
import type { LibertyContext } from './liberty-context.ts'
import { libertySchema } from './liberty-operation.ts'
import { purges } from './purges.ts'
import { publicRootOf, type Addresses } from './public-root.ts'
import { refuseMisencodedQuery } from './query-encoding.ts'
import { stepExecutions } from './step-executions.ts'
import type { FormLimits } from './submit-form.ts'
import { LIBERTY_VERSIONS, prefixOf, type LibertyVersion } from './version.ts'
import { dateText } from './view/date-text.ts'
import { JSON_TYPE, jsonText } from './view/json-text.ts'

export interface LibertyOptions {
  readonly operator: JobOperator
  /** `null`: there are no other servers. */
  readonly whereabouts: JobWhereabouts | null
  readonly caller: CallerOf
  readonly addresses: Addresses
  readonly timeZone: string
  readonly clock: Clock
  readonly jobLogDir: string
  readonly limits: FormLimits
}

/** To be registered: what it sets on its app must not reach other routes. */
export async function liberty(app: HttpApp, options: LibertyOptions): Promise<void> {
  readBodiesAsBytes(app, options.limits.jobdata)
  await app.register(multipart)
  // The schemas of both are for the description. Requests are read by grammars of their own, where the product's are no
  // schema's; a serializer made from a schema would drop what it does not name.
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => jsonText)
  app.setReplySerializer(jsonText)
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('content-type', JSON_TYPE)
  })
  app.addHook('preParsing', async request => {
    refuseMisencodedQuery(request)
  })
  const dates = dateText(options.timeZone)
  const days = dayStarts(options.timeZone)
  const askServers = createAskServers(app)
  const calendar = () => ({ days, now: options.clock.now() })
  for (const version of LIBERTY_VERSIONS) {
    app.register(async scope => routes(scope, contextOf(version, options, dates, calendar, askServers)), {
      prefix: prefixOf(version)
    })
  }
}

function routes(app: HttpApp, context: LibertyContext): void {
  // The product has no entry below a version.
  if (context.version === '') batchRoot(app, context)
  jobInstances(app, context)
  jobExecutions(app, context)
  stepExecutions(app, context)
  jobLogs(app, context)
  purges(app, context)
}

function contextOf(
  version: LibertyVersion,
  { operator, whereabouts, caller, addresses, jobLogDir, limits }: LibertyOptions,
  dates: ReturnType<typeof dateText>,
  calendar: LibertyContext['calendar'],
  askServers: (authorization: string | undefined) => AskServers
): LibertyContext {
  return {
    operator,
    whereabouts,
    others: request => askServers(request.headers.authorization),
    version,
    caller,
    limits,
    calendar,
    schema: operation => libertySchema(version, operation),
    view: request => ({
      root: `${publicRootOf(request, addresses)}${prefixOf(version)}`,
      version,
      dateText: dates,
      jobLogDir
    })
  }
}
