// The resource `joblogs` of executions and instances: links, the text of all parts, a zip, or one part.
import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { JobTarget } from '../../operator/job-whereabouts.ts'
import type { OtherServer } from '../../operator/other-servers.ts'
import type { HttpApp } from '../http-app.ts'
import type { Reply } from '../open-api/operation.ts'
import { ExecutionLogQuery, InstanceLogQuery } from './described-queries.ts'
import { executionIdOf, instanceIdOf } from './ids.ts'
import type { LibertyContext } from './liberty-context.ts'
import { idsIn } from './liberty-operation.ts'
import { isLocalOnly, permitsRedirect, queryTextOf, SENT_ON, sendOn } from './other-server.ts'
import { firstValue, type Query } from './query.ts'
import type { LibertyVersion } from './version.ts'
import { executionLogLinks, instanceLogLinks } from './view/job-log-links.ts'
import { type Link, Links } from './view/link.ts'

type ExecutionLogs = FastifyRequest<{ Params: { jobExecutionId: string }; Querystring: Query }>
type InstanceLogs = FastifyRequest<{ Params: { jobInstanceId: string }; Querystring: Query }>

const LogReply: Reply = {
  description: 'Links; or with `type` the logs themselves.',
  json: Links,
  other: { 'text/plain': 'All parts, or the one asked for.', 'application/zip': 'The same as files.' },
  headers: { 'Content-Disposition': 'A name for the zip.' }
}
const replies = { 200: LogReply, 302: SENT_ON }
/** 410: what has it is gone. 502: it does not answer. */
const refusals = [404, 410, 502]

export function jobLogs(app: HttpApp, context: LibertyContext): void {
  const { schema } = context
  const summary = 'Job logs of an execution: links, text or zip'
  const ofExecution = { summary, query: ExecutionLogQuery, replies, refusals }
  app.get(
    '/jobexecutions/:jobExecutionId/joblogs',
    { schema: schema({ ...ofExecution, id: 'getJobLogsOfExecution', params: idsIn('jobExecutionId') }) },
    async (request: ExecutionLogs, reply) => executionLogs(request, reply, context)
  )
  // Here the id of the execution, not its number; the instance's is not looked at, as in the product.
  app.get(
    '/jobinstances/:jobInstanceId/jobexecutions/:jobExecutionId/joblogs',
    {
      schema: schema({
        ...ofExecution,
        id: 'getJobLogsOfExecutionOfInstance',
        params: idsIn('jobInstanceId', 'jobExecutionId')
      })
    },
    async (request: ExecutionLogs, reply) => executionLogs(request, reply, context)
  )
  app.get(
    '/jobinstances/:jobInstanceId/joblogs',
    {
      schema: schema({
        id: 'getJobLogsOfInstance',
        summary: 'Job logs of all executions of an instance: links, text or zip',
        params: idsIn('jobInstanceId'),
        query: InstanceLogQuery,
        replies,
        refusals
      })
    },
    async (request: InstanceLogs, reply) => instanceLogs(request, reply, context)
  )
}

async function executionLogs(
  request: ExecutionLogs,
  reply: FastifyReply,
  context: LibertyContext
): Promise<Link[] | FastifyReply> {
  const { operator, caller, view, version } = context
  const executionId = executionIdOf(request.params.jobExecutionId)
  const who = caller(request)
  const logs = await logsOf(request, { kind: 'execution', id: executionId }, context, true)
  if ('restUrl' in logs)
    return sendOn(
      reply,
      logs,
      `${versionPath(version)}/jobexecutions/${executionId}/joblogs${queryTextOf(request)}`
    )
  const type = firstValue(request.query, 'type')
  const part = firstValue(request.query, 'part')
  if (type === 'zip') {
    const name = part === null ? `execution.${executionId}` : `execution.${executionId}.${part}`
    return sendZip(reply, name, await logs.zip(part))
  }
  // A part is text unless asked for as zip; the whole log without a type is links.
  if (type === 'text' || part !== null) return sendText(reply, await logs.text(part))
  const execution = await operator.jobExecution(executionId, who)
  return executionLogLinks(execution, await logs.parts(executionId), view(request))
}

async function instanceLogs(
  request: InstanceLogs,
  reply: FastifyReply,
  context: LibertyContext
): Promise<Link[] | FastifyReply> {
  const { operator, caller, view, version } = context
  const instanceId = instanceIdOf(request.params.jobInstanceId)
  const who = caller(request)
  const type = firstValue(request.query, 'type')
  // Links are given by any server, as in the product: each names the server that has it.
  const logs = await logsOf(request, { kind: 'instance', id: instanceId }, context, type !== null)
  if ('restUrl' in logs)
    return sendOn(
      reply,
      logs,
      `${versionPath(version)}/jobinstances/${instanceId}/joblogs${queryTextOf(request)}`
    )
  if (type === 'text') return sendText(reply, await logs.text(null))
  if (type === 'zip') {
    const { jobName } = await operator.jobInstance(instanceId, who)
    return sendZip(reply, `${jobName}.instance.${instanceId}`, await logs.zip(null))
  }
  const links: Link[] = []
  for (const execution of await operator.jobExecutions(instanceId, who)) {
    const parts = await logs.parts(execution.executionId)
    links.push(...executionLogLinks(execution, parts, view(request)))
  }
  return [...links, ...instanceLogLinks(instanceId, view(request))]
}

interface Logs {
  readonly text: (part: string | null) => Promise<Readable>
  readonly zip: (part: string | null) => Promise<Readable>
  readonly parts: (executionId: number) => Promise<readonly string[]>
}

/** Where to ask for them; or themselves, with what other servers have of them. */
async function logsOf(
  request: FastifyRequest<{ Querystring: Query }>,
  target: JobTarget,
  { operator, whereabouts, others, caller }: LibertyContext,
  maySendOn: boolean
): Promise<Logs | OtherServer> {
  const who = caller(request)
  const { kind, id } = target
  const parts = (executionId: number) => operator.jobLogParts(executionId, who)
  const here: Logs =
    kind === 'execution'
      ? {
          text: part => operator.jobLogText(id, part, who),
          zip: part => operator.jobLogZip(id, part, who),
          parts
        }
      : {
          text: () => operator.instanceJobLogText(id, who),
          zip: () => operator.instanceJobLogZip(id, who),
          parts
        }
  if (whereabouts === null || isLocalOnly(request.query)) return here
  const place = await whereabouts.log(target, who)
  if (place === 'here') return here
  if (place !== 'scattered' && maySendOn && permitsRedirect(request.query)) return place
  const ask = others(request)
  return {
    text: part => whereabouts.text({ target, part, others: ask }, who),
    zip: part => whereabouts.zip({ target, part, others: ask }, who),
    parts: executionId => whereabouts.parts(executionId, who)
  }
}

function versionPath(version: LibertyVersion): string {
  return version === '' ? '' : `/${version}`
}

/** Without a file name: the command-line client would write a file instead of printing. */
function sendText(reply: FastifyReply, text: Readable): FastifyReply {
  return reply.type('text/plain; charset=UTF-8').send(text)
}

/** With a file name, and of the plainest letters: the client cuts it at blanks, commas and semicolons. */
function sendZip(reply: FastifyReply, name: string, zip: Readable): FastifyReply {
  const plain = name
    .replaceAll(/[/\\]/g, '.')
    .replaceAll(/[^\w.-]/g, '_')
    .slice(0, 200)
  return reply
    .type('application/zip')
    .header('content-disposition', `attachment; filename="joblogs.${plain}.zip"`)
    .send(zip)
}
