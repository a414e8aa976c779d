// One bulk job: look at it, its ledger, its events, its report.
import { Readable } from 'node:stream'
import { Type, type Static } from 'typebox'
import { fieldsInvalid } from '../../batch/field-problem.ts'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { TextOrNull, Time } from '../open-api/words.ts'
import { STATE_ETAG, stateETag } from '../state-etag.ts'
import { DEFAULT_LIMIT, keyOf, NextToken, type Paging, PagingQuery, tokenAfter } from '../system/list-page.ts'
import { systemSchema } from '../system/system-operation.ts'
import type { BulkContext } from './bulk.ts'
import { BulkJobView, bulkJobView, StatusWord, TaskView, taskView } from './view/bulk-job.ts'
import { ReportManifestView } from './view/bulk-report.ts'

export const OneJob = closedObject({ jobId: Type.String() })

export interface OneBulkJob {
  Params: { jobId: string }
}

const TasksQuery = closedObject({
  status: Type.Optional(Type.Union([Type.Literal('Succeeded'), Type.Literal('Failed')])),
  ...PagingQuery
})
const EventsQuery = closedObject(PagingQuery)

const EventView = closedObject(
  { time: Time, status: StatusWord, reason: TextOrNull },
  { title: 'BulkJobEvent' }
)

const page = (item: typeof TaskView | typeof EventView) =>
  closedObject({ items: Type.Array(item), nextToken: NextToken })

export function bulkJob(app: HttpApp, { bulk, caller }: BulkContext): void {
  const about = { tag: 'bulk jobs', params: OneJob, refusals: [404] } as const

  app.get<OneBulkJob>(
    '/jobs/:jobId',
    {
      schema: systemSchema({
        ...about,
        id: 'getBulkJob',
        summary: 'A bulk job: what was asked for, and what became of it',
        replies: {
          200: { description: 'The bulk job.', json: BulkJobView, headers: STATE_ETAG }
        }
      })
    },
    async (request, reply) => {
      const view = bulkJobView(await bulk.job(request.params.jobId, caller(request)))
      const {
        progressSummary: { elapsedMs: _, etaMs: __, ...progress },
        ...state
      } = view
      reply.header('etag', stateETag([state, progress]))
      return view
    }
  )

  app.get<OneBulkJob & { Querystring: Static<typeof TasksQuery> }>(
    '/jobs/:jobId/tasks',
    {
      schema: systemSchema({
        ...about,
        id: 'listBulkTasks',
        summary: 'The ledger: every task that was done, by its row in the manifest',
        query: TasksQuery,
        replies: { 200: { description: 'A page.', json: page(TaskView) } }
      })
    },
    async request => {
      const { jobId } = request.params
      const { status, limit = DEFAULT_LIMIT } = request.query
      const list = `tasks ${jobId} ${status ?? ''}`
      const succeeded = status === undefined ? null : status === 'Succeeded'
      const after = numberIn(list, request.query)
      const found = await bulk.tasks(jobId, { succeeded, after, limit: limit + 1 }, caller(request))
      return pageOf(list, found, limit, taskView, task => task.row)
    }
  )

  app.get<OneBulkJob & { Querystring: Static<typeof EventsQuery> }>(
    '/jobs/:jobId/events',
    {
      schema: systemSchema({
        ...about,
        id: 'listBulkJobEvents',
        summary: 'Every status it had, oldest first',
        query: EventsQuery,
        replies: { 200: { description: 'A page.', json: page(EventView) } }
      })
    },
    async request => {
      const { jobId } = request.params
      const { limit = DEFAULT_LIMIT } = request.query
      const list = `events ${jobId}`
      const after = numberIn(list, request.query)
      const found = await bulk.events(jobId, { after, limit: limit + 1 }, caller(request))
      return pageOf(
        list,
        found,
        limit,
        ({ time, status, reason }) => ({ time: time.toISOString(), status, reason }),
        event => event.eventNumber
      )
    }
  )

  app.get<OneBulkJob>(
    '/jobs/:jobId/report',
    {
      schema: systemSchema({
        ...about,
        id: 'getBulkReport',
        summary: 'manifest.json of its report',
        replies: {
          200: {
            description: 'The files of the report with their checksums.',
            json: ReportManifestView
          }
        }
      })
    },
    async request => await bulk.report(request.params.jobId, caller(request))
  )

  app.get<{ Params: { jobId: string; file: string } }>(
    '/jobs/:jobId/report/:file',
    {
      schema: systemSchema({
        ...about,
        params: closedObject({ jobId: Type.String(), file: Type.String() }),
        id: 'getBulkReportFile',
        summary: 'A file of its report, by the last piece of its Key',
        replies: {
          200: {
            description: 'CSV without a header; manifest.json too.',
            json: ReportManifestView,
            other: { 'text/csv': 'The rows.' }
          }
        }
      })
    },
    async (request, reply) => {
      const { jobId, file } = request.params
      if (file === 'manifest.json') return await bulk.report(jobId, caller(request))
      const lines = await bulk.reportFile(jobId, file, caller(request))
      return reply.type('text/csv; charset=UTF-8').send(Readable.from(lines, { objectMode: false }))
    }
  )
}

function pageOf<Item, View>(
  list: string,
  found: readonly Item[],
  limit: number,
  view: (item: Item) => View,
  key: (item: Item) => number
): { items: View[]; nextToken: string | null } {
  const items = found.slice(0, limit)
  const more = found.length > items.length
  return { items: items.map(view), nextToken: more ? tokenAfter(list, String(key(items.at(-1)!))) : null }
}

function numberIn(list: string, paging: Paging): number {
  const key = keyOf(list, paging) ?? '0'
  if (!/^\d{1,15}$/.test(key))
    throw fieldsInvalid([{ path: 'token', message: 'is none that a page of this list gave' }])
  return Number(key)
}
