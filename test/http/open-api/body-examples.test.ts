// What the page at /docs begins with when somebody tries a request: its own schema takes it, and so does the server.
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { clientOf } from '../schedules/scheduling-client.ts'

interface Operation {
  readonly operationId: string
  readonly requestBody?: {
    readonly required: boolean
    readonly content: Record<string, { readonly schema: object; readonly example: unknown }>
  }
}

const app = await buildApp(t)
const document = (await app.http.inject('/openapi.json')).json()
const operations = Object.values(document.paths as Record<string, Record<string, Operation>>).flatMap(
  methods => Object.values(methods)
)
const exampleOf = (id: string, type = 'application/json') =>
  operations.find(({ operationId }) => operationId === id)!.requestBody!.content[type]!.example

t.test('every body has an example that its own schema takes', async t => {
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema({ ...document, $id: 'document' })
  let told = 0
  for (const { operationId, requestBody } of operations)
    for (const [type, { schema, example }] of Object.entries(requestBody?.content ?? {})) {
      const takes = ajv.compile(
        JSON.parse(JSON.stringify(schema).replaceAll('#/components', 'document#/components')) as object
      )
      t.ok(takes(example), `${operationId} ${type}: ${ajv.errorsText(takes.errors)}`)
      if (JSON.stringify(example) !== '{}') told++
      else t.not(requestBody!.required, true, `${operationId} must be sent something`)
    }
  t.ok(told > 40, `${told}`)
})

t.test('the server takes them, one after the other as somebody would try them', async t => {
  const client = clientOf(app)
  const { post, put, ask } = client
  const accepted = async (asked: Promise<{ status: number; text: string }>, id: string) => {
    const { status, text } = await asked
    t.ok(status >= 200 && status < 300, `${id} ${status} ${text.slice(0, 300)}`)
  }
  const submit = { method: 'POST', url: '/ibm/api/batch/v4/jobinstances' } as const
  const submitted = await app.http.inject({ ...submit, payload: exampleOf('submitJobV4') as object })
  t.equal(submitted.statusCode, 201, submitted.body)
  for (const [id, path] of [
    ['createDefinition', '/definitions'],
    ['createDefinitionVersion', '/definitions/sales/versions'],
    ['runDefinition', '/definitions/sales/run'],
    ['createSchedule', '/schedules'],
    ['runSchedule', '/schedules/nightly/run'],
    ['previewTimes', '/schedules/preview'],
    ['validateJsl', '/validate'],
    ['createPurgePlan', '/purge-plans']
  ] as const)
    await accepted(post(path, exampleOf(id)), id)
  await accepted(put('/schedules/nightly', exampleOf('editSchedule')), 'editSchedule')
  const { instanceId } = submitted.json<{ instanceId: number }>()
  const hold = ask('PUT', `/instances/${instanceId}/hold`, { body: exampleOf('placeHold') })
  await accepted(hold, 'placeHold')

  const manifest = await app.http.inject({
    method: 'POST',
    url: '/api/v1/manifests',
    headers: { 'content-type': 'text/csv' },
    payload: exampleOf('createManifest', 'text/csv') as string
  })
  const creation = exampleOf('createBulkJob') as { manifest: object }
  const { manifestId } = manifest.json<{ manifestId: string }>()
  const body = { ...creation, manifest: { ...creation.manifest, location: { manifestId } } }
  const created = await post('/jobs', body)
  t.equal(created.status, 201, created.text)
  const { jobId } = created.json as { jobId: string }
  await accepted(post(`/jobs/${jobId}/clone`, exampleOf('cloneBulkJob')), 'cloneBulkJob')
  await accepted(
    ask('PUT', `/jobs/${jobId}/tagging`, { body: exampleOf('setBulkJobTags') }),
    'setBulkJobTags'
  )
  await app.http.inject({ method: 'PUT', url: `/ibm/api/batch/jobinstances/${instanceId}?action=stop` })
})
