// Bodies of bulk jobs as they are asked for, and what stands for a field that is left out.
import { Type, type Static } from 'typebox'
import {
  type BulkJobCreation,
  type BulkJobTag,
  type BulkOperationRequest,
  type BulkReportRequest,
  MANIFEST_FORMATS,
  type ManifestFormat,
  type ObjectSearch
} from '../../batch/bulk-job.ts'
import type { BulkJobOverrides } from '../../bulk/bulk-operator.ts'
import { fieldsInvalid } from '../../batch/field-problem.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { GivenTime, timesOf } from '../schedules/given-time.ts'

const NAME = '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'
const EXPORTED_NAME = '^[A-Za-z_$][A-Za-z0-9_$.-]{0,127}$'

const Texts = Type.Record(Type.String({ maxLength: 256 }), Type.String({ maxLength: 65_536 }))
const Path = Type.String({ minLength: 1, maxLength: 4096 })

const Size = Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
const Texts100 = Type.Optional(
  Type.Array(Type.String({ minLength: 1, maxLength: 1024 }), { minItems: 1, maxItems: 100 })
)

const Objects = closedObject(
  {
    bucket: Path,
    filter: Type.Optional(
      closedObject({
        createdAfter: Type.Optional(GivenTime),
        createdBefore: Type.Optional(GivenTime),
        objectSizeGreaterThanBytes: Size,
        objectSizeLessThanBytes: Size,
        keyNameConstraint: Type.Optional(
          closedObject({ matchAnyPrefix: Texts100, matchAnySuffix: Texts100, matchAnySubstring: Texts100 })
        )
      })
    )
  },
  {
    title: 'BulkObjects',
    description: 'In place of a manifest: the objects that the bucket has when the bulk job is prepared.'
  }
)

const Location = Type.Union([
  closedObject({ manifestId: Type.String({ minLength: 1, maxLength: 64 }) }),
  closedObject({ path: Path }),
  closedObject({ url: Path }),
  closedObject({ objects: Objects })
])

export const Manifest = closedObject(
  {
    location: Location,
    etag: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 1024 }), Type.Null()])),
    spec: closedObject({
      format: Type.Unsafe<ManifestFormat>({ type: 'string', enum: [...MANIFEST_FORMATS] }),
      fields: Type.Optional(
        Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
          minItems: 2,
          maxItems: 100,
          description:
            'Names of the columns, in order: Bucket, Key, VersionId, Ignore, and names of your own. Not with an inventory report, whose manifest.json names them.'
        })
      )
    })
  },
  { title: 'BulkManifest' }
)

export const Operation = Type.Union([
  closedObject({
    artifact: closedObject({
      application: Type.String({ pattern: NAME }),
      ref: Type.String({ pattern: EXPORTED_NAME }),
      properties: Type.Optional(Texts)
    })
  }),
  closedObject({
    definition: closedObject({
      name: Type.String({ pattern: NAME }),
      version: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 2_147_483_647 }), Type.Null()])),
      parameters: Type.Optional(Texts)
    })
  })
])

const Report = closedObject({
  enabled: Type.Optional(Type.Boolean()),
  format: Type.Optional(Type.Literal('Report_CSV_V1')),
  scope: Type.Optional(Type.Union([Type.Literal('AllTasks'), Type.Literal('FailedTasksOnly')])),
  prefix: Type.Optional(Type.String({ maxLength: 256 }))
})

const Threshold = closedObject({
  minimumTasks: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_147_483_647 })),
  percent: Type.Optional(Type.Number({ minimum: 0, maximum: 100 }))
})

export const Priority = Type.Integer({ minimum: 0, maximum: 2_147_483_647 })

const Token = Type.String({ minLength: 1, maxLength: 64 })

export const Tags = Type.Array(
  closedObject(
    { key: Type.String({ minLength: 1, maxLength: 128 }), value: Type.String({ maxLength: 256 }) },
    { title: 'BulkJobTag' }
  ),
  { maxItems: 50, description: 'Words of your own, each key once.' }
)

const OPTIONAL = {
  tags: Type.Optional(Tags),
  confirmationRequired: Type.Optional(Type.Boolean()),
  description: Type.Optional(Type.String({ maxLength: 256 })),
  report: Type.Optional(Report),
  failureThreshold: Type.Optional(Threshold)
}

export const Creation = closedObject(
  { clientRequestToken: Token, priority: Priority, manifest: Manifest, operation: Operation, ...OPTIONAL },
  { title: 'BulkJobCreation' }
)

const Overrides = closedObject({
  clientRequestToken: Type.Optional(Token),
  priority: Type.Optional(Priority),
  manifest: Type.Optional(Manifest),
  operation: Type.Optional(Operation),
  ...OPTIONAL
})

/** Its body may be left out. */
export const CloneOrNothing = Type.Union([closedObject({ overrides: Type.Optional(Overrides) }), Type.Null()])

export function creationOf(body: Static<typeof Creation>): BulkJobCreation {
  const { clientRequestToken, priority, confirmationRequired = false, description = '' } = body
  return {
    clientRequestToken,
    confirmationRequired,
    description,
    priority,
    tags: tagsOf(body.tags),
    manifest: manifestOf(body.manifest),
    operation: operationOf(body.operation),
    report: reportOf(body.report),
    failureThreshold: thresholdOf(body.failureThreshold)
  }
}

export function overridesOf(body: Static<typeof CloneOrNothing> | undefined): BulkJobOverrides {
  const { tags, manifest, operation, report, failureThreshold, ...plain } = body?.overrides ?? {}
  return {
    ...plain,
    ...(tags === undefined ? {} : { tags: tagsOf(tags) }),
    ...(manifest === undefined ? {} : { manifest: manifestOf(manifest) }),
    ...(operation === undefined ? {} : { operation: operationOf(operation) }),
    ...(report === undefined ? {} : { report: reportOf(report) }),
    ...(failureThreshold === undefined ? {} : { failureThreshold: thresholdOf(failureThreshold) })
  }
}

/** By their keys, so that the same tags are the same request. */
export function tagsOf(tags: Static<typeof Tags> = []): readonly BulkJobTag[] {
  const doubled = tags.findIndex(({ key }, at) => tags.findIndex(other => other.key === key) < at)
  if (doubled !== -1)
    throw fieldsInvalid([{ path: `tags[${doubled}].key`, message: 'is there more than once' }])
  return tags.map(({ key, value }) => ({ key, value })).toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

function manifestOf({ location, etag, spec }: Static<typeof Manifest>): BulkJobCreation['manifest'] {
  const given = etag === undefined || etag === null ? {} : { etag }
  return {
    location: 'objects' in location ? { objects: objectsOf(location.objects) } : location,
    ...given,
    spec
  }
}

function objectsOf({ bucket, filter = {} }: Static<typeof Objects>): ObjectSearch {
  const { createdAfter, createdBefore } = timesOf(filter, ['createdAfter', 'createdBefore'])
  const times = {
    ...(createdAfter === null ? {} : { createdAfter: createdAfter.toISOString() }),
    ...(createdBefore === null ? {} : { createdBefore: createdBefore.toISOString() })
  }
  return { bucket, filter: { ...filter, ...times } }
}

function operationOf(operation: Static<typeof Operation>): BulkOperationRequest {
  if ('artifact' in operation) {
    const { application, ref, properties = {} } = operation.artifact
    return { artifact: { application, ref, properties } }
  }
  const { name, version = null, parameters = {} } = operation.definition
  return { definition: { name, version, parameters } }
}

/** Whoever says how his report is to be wants one. */
function reportOf(given: Static<typeof Report> | undefined): BulkReportRequest {
  const { enabled = given !== undefined, scope = 'AllTasks', prefix = '' } = given ?? {}
  return { enabled, format: 'Report_CSV_V1', scope, prefix }
}

function thresholdOf(given: Static<typeof Threshold> = {}): BulkJobCreation['failureThreshold'] {
  const { minimumTasks = 1000, percent = 50 } = given
  return { minimumTasks, percent }
}
