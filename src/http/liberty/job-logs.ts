// The resource `joblogs` of executions and instances: links, the text of all parts, a zip, or one part.
import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpApp } from '../http-app.ts'
import type { Reply } from '../open-api/operation.ts'
import { ExecutionLogQuery, InstanceLogQuery } from './described-queries.ts'
import { executionIdOf, instanceIdOf } from './ids.ts'
import type { LibertyContext } from './liberty-context.ts'
import { idsIn } from './liberty-operation.ts'
import { firstValue, type Query } from './query.ts'
import { executionLogLinks, instanceLogLinks } from './view/job-log-links.ts'
import { type Link, Links } from './view/link.ts'

type ExecutionLogs = FastifyRequest<{ Params: { jobExecutionId: string }; Querystring: Query }>
type InstanceLogs = FastifyRequest<{ Params: { jobInstanceId: string }; Querystring: Query }>

const Logs: Reply = {
  description: 'Links; or with `type` the logs themselves.',
  json: Links,
  other: { 'text/plain': 'All parts, or the one asked for.', 'application/zip': 'The same as files.' },
  headers: { 'Content-Disposition': 'A name for the zip.' }
}

export function jobLogs(app: HttpApp, context: LibertyContext): void {
  const { schema } = context
  const summary = 'Job logs of an execution: links, text or zip'
  const ofExecution = { summary, query: ExecutionLogQuery, replies: { 200: Logs }, refusals: [404] }
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
        replies: { 200: Logs },
        refusals: [404]
      })
    },
    async (request: InstanceLogs, reply) => instanceLogs(request, reply, context)
  )
}

async function executionLogs(
  request: ExecutionLogs,
  reply: FastifyReply,
  { operator, caller, view }: LibertyContext
): Promise<Link[] | FastifyReply> {
  const executionId = executionIdOf(request.params.jobExecutionId)
  const who = caller(request)
  const type = firstValue(request.query, 'type')
  const part = firstValue(request.query, 'part')
  if (type === 'zip') {
    const name = part === null ? `execution.${executionId}` : `execution.${executionId}.${part}`
    return sendZip(reply, name, await operator.jobLogZip(executionId, part, who))
  }
  // A part is text unless asked for as zip; the whole log without a type is links.
  if (type === 'text' || part !== null)
    return sendText(reply, await operator.jobLogText(executionId, part, who))
  const execution = await operator.jobExecution(executionId, who)
  return executionLogLinks(execution, await operator.jobLogParts(executionId, who), view(request))
}

async function instanceLogs(
  request: InstanceLogs,
  reply: FastifyReply,
  { operator, caller, view }: LibertyContext
): Promise<Link[] | FastifyReply> {
  const instanceId = instanceIdOf(request.params.jobInstanceId)
  const who = caller(request)
  const type = firstValue(request.query, 'type')
  if (type === 'text') return sendText(reply, await operator.instanceJobLogText(instanceId, who))
  if (type === 'zip') {
    const { jobName } = await operator.jobInstance(instanceId, who)
    return sendZip(
      reply,
      `${jobName}.instance.${instanceId}`,
      await operator.instanceJobLogZip(instanceId, who)
    )
  }
  const links: Link[] = []
  for (const execution of await operator.jobExecutions(instanceId, who)) {
    const parts = await operator.jobLogParts(execution.executionId, who)
    links.push(...executionLogLinks(execution, parts, view(request)))
  }
  return [...links, ...instanceLogLinks(instanceId, view(request))]
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
