// The resource `stepexecutions`; every answer is an array, also of one step.
import type { HttpApp } from '../http-app.ts'
import { executionIdOf, executionNumberOf, instanceIdOf, stepExecutionIdOf } from './ids.ts'
import type { LibertyContext } from './liberty-context.ts'
import { StepExecutionsView, stepExecutionsView } from './view/step-execution.ts'

interface OfExecution {
  Params: { jobExecutionId: string; stepName?: string }
}

interface OfNumberedExecution {
  Params: { jobInstanceId: string; jobExecutionNumber: string; stepName: string }
}

export function stepExecutions(app: HttpApp, { operator, caller, view }: LibertyContext): void {
  const schema = { response: { 200: StepExecutionsView } }

  for (const path of ['', '/:stepName']) {
    app.get<OfExecution>(
      `/jobexecutions/:jobExecutionId/stepexecutions${path}`,
      { schema },
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

  for (const segment of ['jobexecutions', 'jobexecnum']) {
    app.get<OfNumberedExecution>(
      `/jobinstances/:jobInstanceId/${segment}/:jobExecutionNumber/stepexecutions/:stepName`,
      { schema },
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
    { schema },
    async request => {
      const stepExecutionId = stepExecutionIdOf(request.params.stepExecutionId)
      return stepExecutionsView(
        [await operator.stepExecution(stepExecutionId, caller(request))],
        view(request)
      )
    }
  )
}
