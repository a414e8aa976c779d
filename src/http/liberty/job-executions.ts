// The resource `jobexecutions`, by their ids and as the numbered executions of an instance.
import { Type } from 'typebox'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { Id } from '../open-api/words.ts'
import { RestartBody } from './described-bodies.ts'
import { Action } from './described-queries.ts'
import { executionIdOf, executionNumberOf, instanceIdOf } from './ids.ts'
import { jobActionOf } from './job-action.ts'
import type { LibertyContext } from './liberty-context.ts'
import { ExecutionNumber, idsIn } from './liberty-operation.ts'
import { SENT_ON, sendOn } from './other-server.ts'
import type { Query } from './query.ts'
import { runnerOf } from './runner.ts'
import { JobExecutionView, jobExecutionView } from './view/job-execution.ts'
import { briefJobInstanceView, JobInstanceView } from './view/job-instance.ts'
import { RestartPreviewView, restartPreviewView } from './view/restart-preview.ts'

interface OneExecution {
  Params: { jobExecutionId: string }
  Querystring: Query
}

/** Segment of the path → operation. */
const NUMBERED = { jobexecutions: 'getJobExecutionByNumber', jobexecnum: 'getJobExecutionByJobexecnum' }

interface NumberedExecution {
  Params: { jobInstanceId: string; jobExecutionNumber: string }
}

const params = idsIn('jobExecutionId')
const replies = { 200: { description: 'The execution.', json: JobExecutionView } }

export function jobExecutions(app: HttpApp, context: LibertyContext): void {
  const { operator, caller, view, schema } = context
  // A path that exists without any method: the answer to all others is 405, not 404.
  app.options('/jobexecutions', { schema: { hide: true } }, async (_request, reply) =>
    reply.code(204).header('allow', 'OPTIONS').send()
  )

  const getting = schema({
    id: 'getJobExecution',
    summary: 'A job execution',
    params,
    replies,
    refusals: [404]
  })
  app.get<OneExecution>('/jobexecutions/:jobExecutionId', { schema: getting }, async request => {
    const executionId = executionIdOf(request.params.jobExecutionId)
    return jobExecutionView(await operator.jobExecution(executionId, caller(request)), view(request))
  })

  const changing = schema({
    id: 'changeJobExecution',
    summary: 'Stop or restart a job execution',
    params,
    query: Action,
    body: RestartBody,
    bodyOptional: true,
    replies: {
      200: {
        description:
          'The execution as the stop left it; its instance, restarted; or what a restart would do.',
        json: Type.Union([JobExecutionView, JobInstanceView, RestartPreviewView])
      },
      302: SENT_ON
    },
    refusals: [404, 409, 421]
  })
  app.put<OneExecution>('/jobexecutions/:jobExecutionId', { schema: changing }, async (request, reply) => {
    const executionId = executionIdOf(request.params.jobExecutionId)
    const action = jobActionOf(request.query, request.body)
    if (action.kind === 'stop') {
      const runner = await runnerOf(request, { kind: 'execution', id: executionId }, context)
      if (runner !== null) return sendOn(reply, runner, `/jobexecutions/${executionId}?action=stop`)
      return jobExecutionView(await operator.stopExecution(executionId, caller(request)), view(request))
    }
    const { jobParameters, reusePreviousParams } = action
    const target = { kind: 'execution', executionId } as const
    const restart = { target, jobParameters, reusePreviousParams }
    if (action.dryRun) return restartPreviewView(await operator.previewRestart(restart, caller(request)))
    const restarted = await operator.restart(restart, caller(request))
    return briefJobInstanceView(restarted, view(request))
  })

  app.get<OneExecution>(
    '/jobexecutions/:jobExecutionId/jobinstance',
    {
      schema: schema({
        id: 'getInstanceOfJobExecution',
        summary: 'The job instance of an execution',
        params,
        replies: { 200: { description: 'The instance.', json: JobInstanceView } },
        refusals: [404]
      })
    },
    async request => {
      const executionId = executionIdOf(request.params.jobExecutionId)
      return briefJobInstanceView(
        await operator.jobInstanceOfExecution(executionId, caller(request)),
        view(request)
      )
    }
  )

  app.get<{ Params: { jobInstanceId: string } }>(
    '/jobinstances/:jobInstanceId/jobexecutions',
    {
      schema: schema({
        id: 'listJobExecutions',
        summary: 'The executions of a job instance, newest first',
        params: idsIn('jobInstanceId'),
        replies: { 200: { description: 'All of them.', json: Type.Array(JobExecutionView) } },
        refusals: [404]
      })
    },
    async request => {
      const instanceId = instanceIdOf(request.params.jobInstanceId)
      const context = view(request)
      const executions = await operator.jobExecutions(instanceId, caller(request))
      return executions.map(execution => jobExecutionView(execution, context))
    }
  )

  // `jobexecnum` is the product's undocumented other name.
  for (const [segment, id] of Object.entries(NUMBERED)) {
    app.get<NumberedExecution>(
      `/jobinstances/:jobInstanceId/${segment}/:jobExecutionNumber`,
      {
        schema: schema({
          id,
          summary: 'A job execution by its number',
          params: closedObject({ jobInstanceId: Id, jobExecutionNumber: ExecutionNumber }),
          replies,
          refusals: [404]
        })
      },
      async request => {
        const instanceId = instanceIdOf(request.params.jobInstanceId)
        const number = executionNumberOf(request.params.jobExecutionNumber)
        const execution = await operator.jobExecutionByNumber(instanceId, number, caller(request))
        return jobExecutionView(execution, view(request))
      }
    )
  }
}
