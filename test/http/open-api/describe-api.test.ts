// The API's description against the routes it describes, against OpenAPI 3.1's own rules, and its page without any other host.
import diagnostics from 'node:diagnostics_channel'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { Passwords } from '../../../src/security/passwords.ts'
import { standIn } from '../stand-in.ts'

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly schema: object
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security?: readonly object[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: {
    readonly required: boolean
    readonly content: Record<string, { schema: object; example: unknown }>
  }
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>
}

const routes: { readonly method: string; readonly path: string }[] = []
const listen = (message: unknown) => {
  ;(message as { fastify: FastifyInstance }).fastify.addHook('onRoute', ({ method, url, schema }) => {
    if ((schema as { hide?: boolean } | undefined)?.hide === true) return
    for (const one of [method].flat()) routes.push({ method: one, path: url })
  })
}
diagnostics.subscribe('fastify.initialization', listen)
const { http } = standIn()
diagnostics.unsubscribe('fastify.initialization', listen)
t.teardown(() => http.close())

const document = (await http.inject('/openapi.json')).json()
const operations = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(
  ([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
)

/** Every object below, with where it is. */
function objectsIn(value: unknown, at = '#'): { at: string; object: Record<string, unknown> }[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.entries(value).flatMap(([name, member]) => objectsIn(member, `${at}/${name}`))
  return Array.isArray(value) ? inner : [{ at, object: value as Record<string, unknown> }, ...inner]
}

t.test('every route is described, and nothing else', async t => {
  const described = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`)
  const known = routes
    .filter(({ method }) => method !== 'HEAD')
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
  t.ok(known.length > 90, `${known.length}`)
  t.same([...new Set(described)].toSorted(), [...new Set(known)].toSorted())
})

t.test('every operation tells its id, a summary, a known tag, its parameters and all statuses', async t => {
  const ids = operations.map(({ operation }) => operation.operationId)
  t.equal(new Set(ids).size, ids.length, 'ids differ')
  const tags = new Set((document.tags as { name: string }[]).map(({ name }) => name))
  for (const { path, method, operation } of operations) {
    const name = `${method} ${path}`
    t.match(operation.operationId, /^[a-zA-Z][a-zA-Z0-9]*$/, name)
    t.ok(operation.summary.length > 3, name)
    t.ok(operation.tags.length === 1 && tags.has(operation.tags[0]!), name)
    const inPath = (operation.parameters ?? []).filter(parameter => parameter.in === 'path')
    t.same(
      inPath.map(parameter => `{${parameter.name}}`).toSorted(),
      [...new Set(path.match(/\{\w+\}/g) ?? [])].toSorted(),
      name
    )
    t.ok(inPath.every(parameter => parameter.required))
    const statuses = Object.keys(operation.responses)
    const open = operation.security?.length === 0
    const wanted = ['400', '403', '500', '503', ...(open ? [] : ['401', '429'])]
    if (inPath.length > 0) wanted.push('404')
    if (operation.requestBody !== undefined) wanted.push('413', '415')
    t.same(
      wanted.filter(status => !statuses.includes(status)),
      [],
      name
    )
    t.ok(
      statuses.some(status => status.startsWith('2')),
      name
    )
    for (const [status, { description, content }] of Object.entries(operation.responses)) {
      t.ok(description.length > 2, name)
      if (Number(status) >= 400 && !(path === '/readyz' && status === '503'))
        t.same(Object.keys(content ?? {}), ['application/problem+json'], name)
    }
  }
})

t.test('every reference leads somewhere, and every schema is one of JSON Schema 2020-12', async t => {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true })
  addFormats.default(ajv)
  const components = document.components.schemas as Record<string, object>
  for (const { at, object } of objectsIn(document)) {
    const reference = object['$ref']
    if (typeof reference !== 'string') continue
    t.ok(Object.hasOwn(components, reference.replace('#/components/schemas/', '')), `${at}: ${reference}`)
  }
  const whole = (schema: object) => ({
    ...(JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/')) as object),
    $defs: JSON.parse(JSON.stringify(components).replaceAll('#/components/schemas/', '#/$defs/')) as object
  })
  const schemas = new Map<string, object>()
  for (const { object } of objectsIn(document.paths))
    if (typeof object['schema'] === 'object' && object['schema'] !== null)
      schemas.set(JSON.stringify(object['schema']), object['schema'])
  t.ok(schemas.size > 20, `${schemas.size}`)
  for (const schema of schemas.values())
    t.ok(
      ajv.validateSchema(whole(schema)) && ajv.compile(whole(schema)),
      JSON.stringify(schema).slice(0, 100)
    )
})

t.test('what is answered is closed: an object has no members that are not declared', async t => {
  const requests = new Set(['JobSubmission', 'RestartParameters'])
  const answers = operations.flatMap(({ path, operation }) =>
    path === '/openapi.json' ? [] : objectsIn(operation.responses)
  )
  const schemas = Object.entries(document.components.schemas as object).flatMap(([name, schema]) =>
    requests.has(name) ? [] : objectsIn(schema, name)
  )
  const open = [...answers, ...schemas].filter(
    ({ object }) => object['type'] === 'object' && (object['additionalProperties'] ?? true) === true
  )
  t.same(
    open.map(({ at }) => at),
    []
  )
})

t.test('the outline is that of OpenAPI 3.1, with both ways to log in', async t => {
  t.match(document, {
    openapi: '3.1.0',
    info: { title: 'Batchyard', version: /^\d+\.\d+\.\d+$/ },
    servers: [{ url: '/' }],
    security: [{}, { basic: [] }, { bearer: [] }],
    components: {
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic' },
        bearer: { type: 'http', scheme: 'bearer' }
      }
    }
  })
  const known = ['openapi', 'info', 'servers', 'tags', 'security', 'components', 'paths']
  t.same(Object.keys(document).toSorted(), known.toSorted())
  const extensions = objectsIn(document).filter(({ object }) =>
    Object.keys(object).some(key => key.startsWith('x-'))
  )
  t.same(extensions, [])
})

t.test('a version is described with what it reads: a later one with more', async t => {
  const query = (version: string) =>
    (document.paths[`/ibm/api/batch${version}/jobinstances`].get as Operation).parameters!.map(
      ({ name }) => name
    )
  t.same(query(''), query('/v1'))
  t.same(query('/v1'), ['page', 'pageSize'])
  t.ok(query('/v2').includes('instanceState') && !query('/v2').includes('sort'))
  t.ok(query('/v4').includes('ignoreCase') && !query('/v3').includes('ignoreCase'))
  t.equal(document.paths['/ibm/api/batch/v1/jobinstances'].delete, undefined)
})

t.test('the page comes whole from this server, with a policy that lets nothing else in', async t => {
  for (const url of ['/docs', '/docs/']) {
    const page = await http.inject(url)
    t.equal(page.statusCode, 200)
    t.match(page.headers['content-type'], /^text\/html/)
    t.match(page.headers['content-security-policy'], /^default-src 'none'; script-src 'self';/)
    t.notMatch(page.body, /https?:|\/\/\w/)
    t.notMatch(page.body, /<script(?![^>]+src=)/, 'no script of its own, which the policy would forbid')
    for (const [, path] of page.body.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const file = await http.inject(new URL(path!, `http://localhost${url}`).pathname)
      t.equal(file.statusCode, 200, path!)
    }
  }
  const script = await http.inject('/docs/static/swagger-initializer.js')
  t.match(script.body, /validatorUrl: ?null|"validatorUrl":null/)
  t.same((await http.inject('/docs/json')).json(), document)
  const missing = await http.inject('/docs/static/nothing.js')
  t.match(missing.json(), { status: 404, code: 'NoSuchResource' })
})

t.test(
  'both are there for those who have not told who they are, and for no page of another site',
  async t => {
    const passwords = { check: async () => Promise.reject(new Error('nobody was to be asked')) }
    const guarded = standIn(
      {},
      { authentication: { passwords: passwords as unknown as Passwords, tokens: null } }
    ).http
    t.teardown(() => guarded.close())
    for (const url of ['/docs', '/docs/static/swagger-ui.css', '/openapi.json'])
      t.equal((await guarded.inject(url)).statusCode, 200, url)
    t.same((await guarded.inject('/openapi.json')).json().security, [{ basic: [] }])
    const local = standIn({}, { localOnly: true }).http
    t.teardown(() => local.close())
    const own = { host: 'localhost:9080', 'sec-fetch-site': 'same-origin' }
    const foreign = { host: 'localhost:9080', 'sec-fetch-site': 'cross-site' }
    for (const url of ['/docs', '/openapi.json']) {
      t.equal((await local.inject({ url, headers: own })).statusCode, 200, url)
      t.equal((await local.inject({ url, headers: foreign })).statusCode, 403, url)
    }
  }
)
