// `/api/v1/batches/{pipeline_id}`: run a pipeline, and look at its batches.
import { Type, type Static } from 'typebox'
import { BatchError } from '../../batch/batch-error.ts'
import { batchIdOf, instanceIdOfBatch } from '../../batch/pipeline-batch.ts'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { idKeyOf, tokenAfter } from '../system/list-page.ts'
import { systemSchema } from '../system/system-operation.ts'
import type { BatchesContext } from './pipelines.ts'
import { BatchesView, BatchView, batchView } from './view/batch.ts'

/** As the document has it, not as other lists here. */
const DEFAULT_LIMIT = 100

const StartQuery = closedObject({
  pipeline_version: Type.Optional(
    Type.String({ description: 'Of the job definition; without it, its latest version runs.' })
  )
})

const ListQuery = closedObject({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: DEFAULT_LIMIT })),
  token: Type.Optional(Type.String({ maxLength: 2000, description: 'The `token` of the page before.' }))
})

export interface ByPipeline {
  Params: { pipeline_id: string }
}

export interface ByBatch {
  Params: { pipeline_id: string; batch_id: string }
}

const OnePipeline = closedObject({
  pipeline_id: Type.String({ description: 'The name of a job definition.' })
})
export const OneBatch = closedObject({ ...OnePipeline.properties, batch_id: Type.String() })

/** The document knows no bodies: nothing in one would be read. */
export const NoBody = Type.Union([closedObject({}), Type.Null()])

export function batches(app: HttpApp, { pipelines, caller }: BatchesContext): void {
  const about = { tag: 'pipelines', params: OnePipeline, refusals: [404] } as const

  app.post<ByPipeline & { Querystring: Static<typeof StartQuery> }>(
    '/batches/:pipeline_id',
    {
      schema: systemSchema({
        ...about,
        id: 'runPipeline',
        summary: 'Run a pipeline: a job definition, with its default parameters',
        query: StartQuery,
        body: NoBody,
        bodyOptional: true,
        replies: {
          200: {
            description: 'The id of the batch.',
            json: closedObject({ item: Type.String() }, { title: 'StartedBatch' })
          }
        },
        refusals: [404, 421]
      })
    },
    async request => {
      const { pipeline_version: version = null } = request.query
      const instanceId = await pipelines.start(request.params.pipeline_id, version, caller(request))
      return { item: batchIdOf(instanceId) }
    }
  )

  app.get<ByPipeline>(
    '/batches/:pipeline_id',
    {
      schema: systemSchema({
        ...about,
        id: 'getLatestBatch',
        summary: 'The newest batch of a pipeline',
        description: 'Without a slash at the end: with one, it is the list.',
        replies: { 200: { description: 'The batch.', json: BatchView } }
      })
    },
    async request => batchView(await pipelines.latest(request.params.pipeline_id, caller(request)))
  )

  app.get<ByPipeline & { Querystring: Static<typeof ListQuery> }>(
    '/batches/:pipeline_id/',
    {
      constraints: { lastSlash: 'yes' },
      schema: systemSchema({
        ...about,
        id: 'listBatches',
        summary: 'The batches of a pipeline, newest first',
        description: 'With a slash at the end: without one, it is the newest batch alone.',
        query: ListQuery,
        replies: { 200: { description: 'A page.', json: BatchesView } }
      })
    },
    async request => {
      const { pipeline_id: pipeline } = request.params
      const { limit = DEFAULT_LIMIT } = request.query
      const list = `batches of ${pipeline}`
      const page = { before: idKeyOf(list, request.query), limit }
      const { batches, more } = await pipelines.list(pipeline, page, caller(request))
      const views = batches.map(batchView)
      return {
        items: Object.fromEntries(views.map(view => [view.id, JSON.stringify(view)])),
        token: more ? tokenAfter(list, String(batches.at(-1)!.instanceId)) : null
      }
    }
  )

  app.get<ByBatch>(
    '/batches/:pipeline_id/:batch_id',
    {
      schema: systemSchema({
        ...about,
        id: 'getBatch',
        summary: 'A batch of a pipeline',
        params: OneBatch,
        replies: { 200: { description: 'The batch.', json: BatchView } }
      })
    },
    async request => {
      const { pipeline_id: pipeline } = request.params
      return batchView(await pipelines.batch(pipeline, instanceIdIn(request.params), caller(request)))
    }
  )
}

/** What is no id of a batch is that of none. */
export function instanceIdIn({ pipeline_id: pipeline, batch_id: batchId }: ByBatch['Params']): number {
  const instanceId = instanceIdOfBatch(batchId)
  if (instanceId === null)
    throw new BatchError('NoSuchBatch', [pipeline, batchId.slice(0, 60).toWellFormed()])
  return instanceId
}
