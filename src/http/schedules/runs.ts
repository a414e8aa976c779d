// `GET /api/v1/runs/{instanceId}`: one run with all of its steps.
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { Id } from '../open-api/words.ts'
import { instanceIdOf } from '../liberty/ids.ts'
import { STATE_ETAG, stateETag } from '../state-etag.ts'
import { systemSchema } from '../system/system-operation.ts'
import type { SchedulingContext } from './scheduling-context.ts'
import { RunDetailView, runDetailView } from './view/run.ts'

export function runs(app: HttpApp, { scheduling, caller }: SchedulingContext): void {
  const schema = systemSchema({
    id: 'getRun',
    tag: 'runs',
    summary: 'A run with all steps of its definition, those that have not begun too',
    params: closedObject({ instanceId: Id }),
    replies: { 200: { description: 'The run.', json: RunDetailView, headers: STATE_ETAG } },
    refusals: [404]
  })
  app.get<{ Params: { instanceId: string } }>('/runs/:instanceId', { schema }, async (request, reply) => {
    const instanceId = instanceIdOf(request.params.instanceId)
    const view = runDetailView(await scheduling.runs.run(instanceId, caller(request)))
    const { eta: _, expected: __, ...state } = view
    reply.header('etag', stateETag(state))
    return view
  })
}
