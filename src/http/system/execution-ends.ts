// A job execution with the reasons that Liberty does not show, and two ends that an operator writes by hand: abandon, and the
// forced end of what will never end by itself.
import { Type, type Static } from 'typebox'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { Id } from '../open-api/words.ts'
import { executionIdOf } from '../liberty/ids.ts'
import { STATE_ETAG, stateETag } from '../state-etag.ts'
import { refuseUnstorable } from '../storable-text.ts'
import type { SystemContext } from './system.ts'
import { systemSchema } from './system-operation.ts'
import { ExecutionView, executionView } from './view/execution.ts'

const Reason = Type.String({ minLength: 1, maxLength: 2000 })

const ForceEnd = closedObject({
  batchStatus: Type.Union([Type.Literal('FAILED'), Type.Literal('STOPPED')]),
  reason: Reason
})

const Abandon = closedObject({ reason: Type.Optional(Reason) })
/** Its body may be left out. */
const AbandonOrNothing = Type.Union([Abandon, Type.Null()])

interface OneExecution {
  Params: { executionId: string }
}

export function executionEnds(app: HttpApp, { operator, caller }: SystemContext): void {
  const both = {
    tag: 'executions',
    params: closedObject({ executionId: Id }),
    replies: { 200: { description: 'The execution as it is now.', json: ExecutionView } },
    refusals: [404, 409]
  } as const

  app.get<OneExecution>(
    '/executions/:executionId',
    {
      schema: systemSchema({
        ...both,
        id: 'getExecution',
        summary: 'A job execution, why it ended as it did, and where it was each time its server died',
        replies: { 200: { description: 'The execution.', json: ExecutionView, headers: STATE_ETAG } },
        refusals: [404]
      })
    },
    async (request, reply) => {
      const executionId = executionIdOf(request.params.executionId)
      const view = executionView(await operator.jobExecution(executionId, caller(request)))
      reply.header('etag', stateETag(view))
      return view
    }
  )

  app.post<OneExecution & { Body: Static<typeof AbandonOrNothing> | undefined }>(
    '/executions/:executionId/abandon',
    {
      schema: systemSchema({
        ...both,
        id: 'abandonExecution',
        summary: 'Abandon a job execution that has ended: it does not restart',
        body: AbandonOrNothing,
        bodyOptional: true
      })
    },
    async request => {
      const executionId = executionIdOf(request.params.executionId)
      refuseUnstorable(request.body, 'body')
      const reason = request.body?.reason ?? null
      return executionView(await operator.abandonExecution(executionId, reason, caller(request)))
    }
  )

  app.post<OneExecution & { Body: Static<typeof ForceEnd> }>(
    '/executions/:executionId/force-end',
    {
      schema: systemSchema({
        ...both,
        id: 'forceEndExecution',
        summary: 'End a job execution at once, whoever runs it',
        body: ForceEnd
      })
    },
    async request => {
      const executionId = executionIdOf(request.params.executionId)
      refuseUnstorable(request.body, 'body')
      return executionView(await operator.forceEndExecution(executionId, request.body, caller(request)))
    }
  )
}
