// `/api/v1/jobs/{jobId}/tagging`: words that users put on a bulk job. They need no If-Match: they are told whole each time.
import type { Static } from 'typebox'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { refuseUnstorable } from '../storable-text.ts'
import { systemSchema } from '../system/system-operation.ts'
import type { BulkContext } from './bulk.ts'
import { OneJob, type OneBulkJob } from './bulk-job.ts'
import { Tags, tagsOf } from './bulk-schemas.ts'

const Tagging = closedObject({ tags: Tags }, { title: 'BulkJobTagging' })

export function bulkJobTags(app: HttpApp, { bulk, caller }: BulkContext): void {
  const about = { tag: 'bulk jobs', params: OneJob, refusals: [404] } as const
  const shown = { 200: { description: 'Its tags, by their keys.', json: Tagging } }

  app.get<OneBulkJob>(
    '/jobs/:jobId/tagging',
    { schema: systemSchema({ ...about, id: 'getBulkJobTags', summary: 'Its tags', replies: shown }) },
    async request => {
      const { tags } = await bulk.job(request.params.jobId, caller(request))
      return { tags: tags.map(({ key, value }) => ({ key, value })) }
    }
  )

  app.put<OneBulkJob & { Body: Static<typeof Tagging> }>(
    '/jobs/:jobId/tagging',
    {
      schema: systemSchema({
        ...about,
        id: 'setBulkJobTags',
        summary: 'Give it these tags, in place of those it had',
        description: 'Whatever its status. Needs no If-Match.',
        body: Tagging,
        replies: shown
      })
    },
    async request => {
      refuseUnstorable(request.body, 'body')
      const tags = tagsOf(request.body.tags)
      await bulk.setTags(request.params.jobId, tags, caller(request))
      return { tags }
    }
  )

  app.delete<OneBulkJob>(
    '/jobs/:jobId/tagging',
    {
      schema: systemSchema({
        ...about,
        id: 'deleteBulkJobTags',
        summary: 'Take all of its tags away',
        replies: { 204: { description: 'It has none.' } }
      })
    },
    async (request, reply) => {
      await bulk.setTags(request.params.jobId, [], caller(request))
      return reply.removeHeader('content-type').code(204).send()
    }
  )
}
