// The collection `/api/v1/jobs`: create a bulk job, list them.
import { Type, type Static } from 'typebox'
import { BULK_JOB_STATUSES, type BulkJobStatus } from '../../batch/bulk-job-status.ts'
import type { BulkJobPlace } from '../../bulk/bulk-operator.ts'
import { fieldsInvalid } from '../../batch/field-problem.ts'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { refuseUnstorable } from '../storable-text.ts'
import { keyOf, NextToken, tokenAfter } from '../system/list-page.ts'
import { systemSchema } from '../system/system-operation.ts'
import type { BulkContext } from './bulk.ts'
import { Creation, creationOf } from './bulk-schemas.ts'
import { BriefBulkJobView, briefBulkJobView } from './view/bulk-job.ts'

export const JobIdView = closedObject({ jobId: Type.String() }, { title: 'BulkJobId' })

const Query = closedObject({
  jobStatuses: Type.Optional(
    Type.Union([Type.String(), Type.Array(Type.String())], {
      description: 'Statuses with commas between, or the parameter more than once.'
    })
  ),
  description: Type.Optional(
    Type.String({ maxLength: 1000, description: 'Contained in it; `*` stands for any characters.' })
  ),
  jobId: Type.Optional(Type.String({ maxLength: 100, description: '`*` stands for any characters.' })),
  createdWithinDays: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 100_000, default: 90, description: '0 = whenever.' })
  ),
  maxResults: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })),
  nextToken: Type.Optional(Type.String({ maxLength: 2000 }))
})

const LIST = 'bulk jobs'

export function bulkJobs(app: HttpApp, { bulk, caller }: BulkContext): void {
  app.post<{ Body: Static<typeof Creation> }>(
    '/jobs',
    {
      schema: systemSchema({
        id: 'createBulkJob',
        tag: 'bulk jobs',
        summary: 'Run one operation over the objects of a manifest',
        description: 'The same token with the same body again answers 200 with the same bulk job.',
        body: Creation,
        replies: {
          200: {
            description: 'It was created before.',
            json: JobIdView,
            headers: { Location: 'Its path.' }
          },
          201: { description: 'It is created.', json: JobIdView, headers: { Location: 'Its path.' } }
        },
        refusals: [409]
      })
    },
    async (request, reply) => {
      refuseUnstorable(request.body, 'body')
      const { jobId, created } = await bulk.create(creationOf(request.body), caller(request))
      reply.code(created ? 201 : 200).header('location', `/api/v1/jobs/${jobId}`)
      return { jobId }
    }
  )

  app.get<{ Querystring: Static<typeof Query> }>(
    '/jobs',
    {
      schema: systemSchema({
        id: 'listBulkJobs',
        tag: 'bulk jobs',
        summary: 'Bulk jobs, those of the highest priority first, the oldest first among equals',
        query: Query,
        replies: {
          200: {
            description: 'A page.',
            json: closedObject({ jobs: Type.Array(BriefBulkJobView), nextToken: NextToken })
          }
        }
      })
    },
    async request => {
      const { description, jobId, createdWithinDays = 90, maxResults = 50, nextToken } = request.query
      const found = await bulk.jobs(
        {
          statuses: statusesIn(request.query.jobStatuses),
          description: description ?? null,
          jobId: jobId ?? null,
          createdWithinDays: createdWithinDays === 0 ? null : createdWithinDays,
          limit: maxResults + 1,
          after: placeIn(nextToken)
        },
        caller(request)
      )
      const page = found.slice(0, maxResults)
      const last = page.at(-1)
      const more = found.length > page.length && last !== undefined
      return {
        jobs: page.map(briefBulkJobView),
        nextToken: more ? tokenAfter(LIST, `${last.priority} ${last.jobNumber}`) : null
      }
    }
  )
}

/** The token's own name here is another than elsewhere. */
function placeIn(nextToken: string | undefined): BulkJobPlace | null {
  if (nextToken === undefined) return null
  const place = /^(\d{1,10}) (\d{1,15})$/.exec(keyIn(nextToken))
  if (place === null) throw fieldsInvalid([WRONG_TOKEN])
  return { priority: Number(place[1]), jobNumber: Number(place[2]) }
}

const WRONG_TOKEN = { path: 'nextToken', message: 'is none that a page of this list gave' }

function keyIn(token: string): string {
  try {
    return keyOf(LIST, { token }) ?? ''
  } catch {
    throw fieldsInvalid([WRONG_TOKEN])
  }
}

/** `null` = whatever their status. */
function statusesIn(given: string | string[] | undefined): readonly BulkJobStatus[] | null {
  if (given === undefined) return null
  const names = [given].flat().flatMap(list => list.split(',').map(name => name.trim()))
  const known = names.filter((name): name is BulkJobStatus =>
    BULK_JOB_STATUSES.some(status => status === name)
  )
  if (known.length < names.length)
    throw fieldsInvalid([{ path: 'jobStatuses', message: `must be some of ${BULK_JOB_STATUSES.join(', ')}` }])
  return known
}
