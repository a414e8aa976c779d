// `PUT /api/v1/executions/{executionId}/priority`: a job that waits is moved in the queue.
import { Type, type Static } from 'typebox'
import { executionIdOf } from '../liberty/ids.ts'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { Id } from '../open-api/words.ts'
import type { SystemContext } from './system.ts'
import { systemSchema } from './system-operation.ts'

const Priority = Type.Integer({
  minimum: 0,
  maximum: 9,
  description: '9 = the most urgent; 4 is what a job has that says nothing.'
})
const Body = closedObject({ priority: Priority })
const Waiting = closedObject(
  { executionId: Id, instanceId: Id, priority: Priority },
  { title: 'WaitingExecution' }
)

export function executionPriority(app: HttpApp, { operator, caller }: SystemContext): void {
  const schema = systemSchema({
    id: 'changeExecutionPriority',
    tag: 'executions',
    summary: 'Give a job execution that waits another priority',
    description:
      'Until it has begun: after that its priority decides nothing, unless its job lets work of a higher one have its threads (`batchyard.preemptible`). A restart has the job’s own again.',
    params: closedObject({ executionId: Id }),
    body: Body,
    replies: { 200: { description: 'It has this priority.', json: Waiting } },
    refusals: [404, 409]
  })
  app.put<{ Params: { executionId: string }; Body: Static<typeof Body> }>(
    '/executions/:executionId/priority',
    { schema },
    async request => {
      const executionId = executionIdOf(request.params.executionId)
      return await operator.changePriority(executionId, request.body.priority, caller(request))
    }
  )
}
