// The resource `jobexecutions`, by their ids and as the numbered executions of an instance.
import { Type } from 'typebox'
import type { HttpApp } from '../http-app.ts'
import { executionIdOf, executionNumberOf, instanceIdOf } from './ids.ts'
import { jobActionOf } from './job-action.ts'
import type { LibertyContext } from './liberty-context.ts'
import type { Query } from './query.ts'
import { JobExecutionView, jobExecutionView } from './view/job-execution.ts'
import { briefJobInstanceView, JobInstanceView } from './view/job-instance.ts'

interface OneExecution {
  Params: { jobExecutionId: string }
  Querystring: Query
}

interface NumberedExecution {
  Params: { jobInstanceId: string; jobExecutionNumber: string }
}

export function jobExecutions(app: HttpApp, { operator, caller, view }: LibertyContext): void {
  const oneExecution = { schema: { response: { 200: JobExecutionView } } }

  // A path that exists without any method: the answer to all others is 405, not 404.
  app.options('/jobexecutions', async (_request, reply) => reply.code(204).header('allow', 'OPTIONS').send())

  app.get<OneExecution>('/jobexecutions/:jobExecutionId', oneExecution, async request => {
    const executionId = executionIdOf(request.params.jobExecutionId)
    return jobExecutionView(await operator.jobExecution(executionId, caller(request)), view(request))
  })

  app.put<OneExecution>('/jobexecutions/:jobExecutionId', async request => {
    const executionId = executionIdOf(request.params.jobExecutionId)
    const action = jobActionOf(request.query, request.body)
    if (action.kind === 'stop') {
      return jobExecutionView(await operator.stopExecution(executionId, caller(request)), view(request))
    }
    const { jobParameters, reusePreviousParams } = action
    const target = { kind: 'execution', executionId } as const
    const restarted = await operator.restart({ target, jobParameters, reusePreviousParams }, caller(request))
    return briefJobInstanceView(restarted, view(request))
  })

  app.get<OneExecution>(
    '/jobexecutions/:jobExecutionId/jobinstance',
    { schema: { response: { 200: JobInstanceView } } },
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
    { schema: { response: { 200: Type.Array(JobExecutionView) } } },
    async request => {
      const instanceId = instanceIdOf(request.params.jobInstanceId)
      const context = view(request)
      const executions = await operator.jobExecutions(instanceId, caller(request))
      return executions.map(execution => jobExecutionView(execution, context))
    }
  )

  // `jobexecnum` is the product's undocumented other name.
  for (const segment of ['jobexecutions', 'jobexecnum']) {
    app.get<NumberedExecution>(
      `/jobinstances/:jobInstanceId/${segment}/:jobExecutionNumber`,
      oneExecution,
      async request => {
        const instanceId = instanceIdOf(request.params.jobInstanceId)
        const number = executionNumberOf(request.params.jobExecutionNumber)
        const execution = await operator.jobExecutionByNumber(instanceId, number, caller(request))
        return jobExecutionView(execution, view(request))
      }
    )
  }
}
