// The resource `stepexecutions`; every answer is an array, also of one step.
import type { TObject } from 'typebox'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { Id } from '../open-api/words.ts'
import { executionIdOf, executionNumberOf, instanceIdOf, stepExecutionIdOf } from './ids.ts'
import type { LibertyContext } from './liberty-context.ts'
import { ExecutionNumber, StepName } from './liberty-operation.ts'
import { StepExecutionsView, stepExecutionsView } from './view/step-execution.ts'

interface OfExecution {
  Params: { jobExecutionId: string; stepName?: string }
}

interface OfNumberedExecution {
  Params: { jobInstanceId: string; jobExecutionNumber: string; stepName: string }
}

const STEPS = [
  ['', 'listStepExecutions', { jobExecutionId: Id }],
  ['/:stepName', 'getStepExecutionByName', { jobExecutionId: Id, stepName: StepName }]
] as const

const NUMBERED = { jobexecutions: 'getStepExecutionByNumber', jobexecnum: 'getStepExecutionByJobexecnum' }

export function stepExecutions(app: HttpApp, { operator, caller, view, schema }: LibertyContext): void {
  const describe = (id: string, summary: string, params: TObject) =>
    schema({
      id,
      summary,
      params,
      replies: { 200: { description: 'Always an array.', json: StepExecutionsView } },
      refusals: [404]
    })

  for (const [path, id, params] of STEPS) {
    app.get<OfExecution>(
      `/jobexecutions/:jobExecutionId/stepexecutions${path}`,
      { schema: describe(id, 'Steps of a job execution', closedObject(params)) },
      async request => {
        const { jobExecutionId, stepName = null } = request.params
        const executionId = executionIdOf(jobExecutionId)
        return stepExecutionsView(
          await operator.stepExecutions(executionId, stepName, caller(request)),
          view(request)
        )
      }
    )
  }

  const numbered = closedObject({
    jobInstanceId: Id,
    jobExecutionNumber: ExecutionNumber,
    stepName: StepName
  })
  for (const [segment, id] of Object.entries(NUMBERED)) {
    app.get<OfNumberedExecution>(
      `/jobinstances/:jobInstanceId/${segment}/:jobExecutionNumber/stepexecutions/:stepName`,
      { schema: describe(id, 'A step of a numbered job execution', numbered) },
      async request => {
        const { jobInstanceId, jobExecutionNumber, stepName } = request.params
        const instanceId = instanceIdOf(jobInstanceId)
        const number = executionNumberOf(jobExecutionNumber)
        const { executionId } = await operator.jobExecutionByNumber(instanceId, number, caller(request))
        return stepExecutionsView(
          await operator.stepExecutions(executionId, stepName, caller(request)),
          view(request)
        )
      }
    )
  }

  app.get<{ Params: { stepExecutionId: string } }>(
    '/stepexecutions/:stepExecutionId',
    { schema: describe('getStepExecution', 'A step execution', closedObject({ stepExecutionId: Id })) },
    async request => {
      const stepExecutionId = stepExecutionIdOf(request.params.stepExecutionId)
      return stepExecutionsView(
        [await operator.stepExecution(stepExecutionId, caller(request))],
        view(request)
      )
    }
  )
}
