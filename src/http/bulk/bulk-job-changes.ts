// What is done to a bulk job: its priority, its status, another one like it.
import { Type, type Static } from 'typebox'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { TextOrNull } from '../open-api/words.ts'
import { refuseUnstorable } from '../storable-text.ts'
import { systemSchema } from '../system/system-operation.ts'
import type { BulkContext } from './bulk.ts'
import { OneJob, type OneBulkJob } from './bulk-job.ts'
import { JobIdView } from './bulk-jobs.ts'
import { CloneOrNothing, overridesOf, Priority } from './bulk-schemas.ts'
import { StatusWord } from './view/bulk-job.ts'

const PriorityQuery = closedObject({ priority: Priority })

const StatusQuery = closedObject({
  requestedJobStatus: Type.Union([Type.Literal('Ready'), Type.Literal('Cancelled')]),
  statusUpdateReason: Type.Optional(Type.String({ maxLength: 256 }))
})

/** Nothing is expected in it. */
const EmptyOrNothing = Type.Union([closedObject({}), Type.Null()])

export function bulkJobChanges(app: HttpApp, { bulk, caller }: BulkContext): void {
  const about = { tag: 'bulk jobs', params: OneJob } as const
  const created = {
    201: { description: 'The new one.', json: JobIdView, headers: { Location: 'Its path.' } }
  }

  app.post<OneBulkJob & { Querystring: Static<typeof PriorityQuery> }>(
    '/jobs/:jobId/priority',
    {
      schema: systemSchema({
        ...about,
        id: 'setBulkJobPriority',
        summary: 'Change its priority: the larger number is done first',
        query: PriorityQuery,
        body: EmptyOrNothing,
        bodyOptional: true,
        replies: {
          200: {
            description: 'It is changed.',
            json: closedObject({ jobId: Type.String(), priority: Type.Integer() })
          }
        },
        refusals: [404]
      })
    },
    async request => {
      const { jobId } = request.params
      const { priority } = request.query
      await bulk.setPriority(jobId, priority, caller(request))
      return { jobId, priority }
    }
  )

  app.post<OneBulkJob & { Querystring: Static<typeof StatusQuery> }>(
    '/jobs/:jobId/status',
    {
      schema: systemSchema({
        ...about,
        id: 'setBulkJobStatus',
        summary: 'Confirm it (Ready), or cancel it (Cancelled)',
        query: StatusQuery,
        body: EmptyOrNothing,
        bodyOptional: true,
        replies: {
          200: {
            description: 'The status it has now.',
            json: closedObject({ jobId: Type.String(), status: StatusWord, statusUpdateReason: TextOrNull })
          }
        },
        refusals: [404, 409]
      })
    },
    async request => {
      const { jobId } = request.params
      const { requestedJobStatus: requested, statusUpdateReason: reason = null } = request.query
      const status = await bulk.setStatus(jobId, { requested, reason }, caller(request))
      return { jobId, status, statusUpdateReason: reason }
    }
  )

  app.post<OneBulkJob & { Body: Static<typeof CloneOrNothing> | undefined }>(
    '/jobs/:jobId/clone',
    {
      schema: systemSchema({
        ...about,
        id: 'cloneBulkJob',
        summary: 'Create one like it, but for what is overridden',
        description:
          'With a token that is given and was used for the same before, 200 with what it made then.',
        body: CloneOrNothing,
        bodyOptional: true,
        replies: {
          200: { ...created[201], description: 'It was created before.' },
          ...created
        },
        refusals: [404, 409]
      })
    },
    async (request, reply) => {
      refuseUnstorable(request.body, 'body')
      const clone = await bulk.clone(request.params.jobId, overridesOf(request.body), caller(request))
      reply.code(clone.created ? 201 : 200).header('location', `/api/v1/jobs/${clone.jobId}`)
      return { jobId: clone.jobId }
    }
  )

  app.post<OneBulkJob>(
    '/jobs/:jobId/rerun-failed',
    {
      schema: systemSchema({
        ...about,
        id: 'rerunFailedBulkTasks',
        summary: 'Create one over the objects that failed in it, and only them',
        body: EmptyOrNothing,
        bodyOptional: true,
        replies: created,
        refusals: [404, 409]
      })
    },
    async (request, reply) => {
      const { jobId } = await bulk.rerunFailed(request.params.jobId, caller(request))
      reply.code(201).header('location', `/api/v1/jobs/${jobId}`)
      return { jobId }
    }
  )
}
