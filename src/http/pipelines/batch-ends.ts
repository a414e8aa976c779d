// Stop a batch of a pipeline, and delete one.
import { Type } from 'typebox'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { systemSchema } from '../system/system-operation.ts'
import { type ByBatch, instanceIdIn, NoBody, OneBatch } from './batches.ts'
import type { BatchesContext } from './pipelines.ts'

const Message = closedObject({ message: Type.String() }, { title: 'BatchMessage' })

export function batchEnds(app: HttpApp, { pipelines, caller, others }: BatchesContext): void {
  const about = { tag: 'pipelines', params: OneBatch } as const

  app.put<ByBatch>(
    '/batches/:pipeline_id/:batch_id/stop',
    {
      schema: systemSchema({
        ...about,
        id: 'stopBatch',
        summary: 'Stop a running batch',
        description: 'Answered when it has stopped; what takes long to stop is answered before it has.',
        body: NoBody,
        bodyOptional: true,
        replies: { 200: { description: 'It stops.', json: Message } },
        refusals: [404, 409]
      })
    },
    async request => {
      await pipelines.stop(request.params.pipeline_id, instanceIdIn(request.params), caller(request))
      return { message: 'Batch stopped successfully' }
    }
  )

  app.delete<ByBatch>(
    '/batches/:pipeline_id/:batch_id',
    {
      schema: systemSchema({
        ...about,
        id: 'deleteBatch',
        summary: 'Delete a batch, with its job logs; a running one is stopped first',
        replies: { 200: { description: 'It is gone.', json: Message } },
        refusals: [404, 409, 413, 415, 502]
      })
    },
    async request => {
      const { pipeline_id: pipeline } = request.params
      const purge = { jobStoreOnly: false, others: others(request) }
      await pipelines.remove(pipeline, instanceIdIn(request.params), purge, caller(request))
      return { message: 'Batch deleted successfully' }
    }
  )
}
