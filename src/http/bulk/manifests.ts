// `/api/v1/manifests`: the body is stored as it comes, piece by piece, whatever its length.
import type { Readable } from 'node:stream'
import { Type } from 'typebox'
import { BatchError } from '../../batch/batch-error.ts'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { checkBySchemas } from '../route-checks.ts'
import { systemSchema } from '../system/system-operation.ts'
import type { BulkContext } from './bulk.ts'

const ManifestView = closedObject(
  {
    manifestId: Type.String(),
    etag: Type.String({ description: 'MD5 of the bytes, as hex.' }),
    size: Type.Integer({ minimum: 0, format: 'int64', description: 'In bytes.' })
  },
  { title: 'StoredManifest' }
)

/** In a scope of its own: what the body is is not looked at. */
export async function manifests(app: HttpApp, { bulk, caller }: BulkContext): Promise<void> {
  checkBySchemas(app, ['params', 'headers', 'body'])
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))

  const schema = systemSchema({
    id: 'createManifest',
    tag: 'bulk jobs',
    summary: 'Store a manifest for bulk jobs',
    description:
      'CSV without a header; the columns are named by the bulk job. Kept 7 days, or as long as a bulk job names it.',
    body: {
      content: { 'text/csv': { schema: Type.String({ description: 'The manifest itself, in UTF-8.' }) } }
    },
    replies: {
      201: { description: 'The manifest.', json: ManifestView, headers: { Location: 'Its path.' } }
    }
  })
  app.get<{ Params: { manifestId: string } }>(
    '/manifests/:manifestId',
    {
      schema: systemSchema({
        id: 'getManifest',
        tag: 'bulk jobs',
        summary: 'A stored manifest: its etag and its size',
        description: 'For who stored it, and batchAdmin.',
        params: closedObject({ manifestId: Type.String() }),
        replies: {
          200: { description: 'The manifest.', json: ManifestView, headers: { ETag: 'Of its bytes.' } }
        },
        refusals: [404]
      })
    },
    async (request, reply) => {
      const { manifestId, etag, size } = await bulk.manifest(request.params.manifestId, caller(request))
      reply.header('etag', `"${etag}"`)
      return { manifestId, etag, size }
    }
  )

  app.post<{ Body: Readable | undefined }>('/manifests', { schema }, async (request, reply) => {
    const body = request.body ?? []
    try {
      const stored = await bulk.storeManifest(body as AsyncIterable<Buffer>, caller(request))
      reply.code(201).header('location', `/api/v1/manifests/${stored.manifestId}`)
      return stored
    } catch (error) {
      if (request.raw.errored !== null || (request.raw.destroyed && !request.raw.complete))
        throw new BatchError('BodyInvalid', ['it ended before its end.'], { cause: error })
      throw error
    }
  })
}
