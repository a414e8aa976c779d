// Without this the API's description could say one thing and the server another: every reply of every server of a test is
// held against /openapi.json here. A reply that is not described fails the test's process, whatever the test itself looks at.
import { createHash } from 'node:crypto'
import diagnostics from 'node:diagnostics_channel'
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** What a server in a process of its own prints; whoever reads its output has to look for it. */
export const BROKEN = 'A reply is not as /openapi.json says: '

const broken = new Set<string>()
process.on('exit', () => {
  if (broken.size > 0) process.exitCode = 1
})

/** Fails this process when it ends. */
export function contractBroken(what: string): void {
  if (broken.has(what)) return
  broken.add(what)
  process.stderr.write(`${BROKEN}${what.replaceAll(/\s+/g, ' ')}\n`)
}

/** As Node and Fastify send them with any reply, and what all replies of this server have. */
const OF_ANY_REPLY = new Set([
  'cache-control',
  'connection',
  'content-length',
  'content-type',
  'date',
  'transfer-encoding',
  'vary',
  'x-content-type-options'
])

/** Media type → how its header is spelled. */
const SPELLED: Readonly<Record<string, string>> = {
  'application/json': 'application/json; charset=UTF-8',
  'application/xml': 'application/xml; charset=UTF-8',
  'application/problem+json': 'application/problem+json',
  'application/zip': 'application/zip',
  'text/csv': 'text/csv; charset=UTF-8',
  'text/plain': 'text/plain; charset=UTF-8',
  'text/event-stream': 'text/event-stream; charset=utf-8'
}

/** Also `text/plain`; the version is how a scraper knows its form. */
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8'

interface Answer {
  readonly headers?: Readonly<Record<string, object>>
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}

export interface Description {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Answer>> }>>>
  >
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

const PROBLEM: Answer = {
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
}

/** Looks at the replies of all servers that are made in this process from now on. */
diagnostics.subscribe('fastify.initialization', message => {
  const { fastify: app } = message as { fastify: FastifyInstance }
  let contract: Contract | null = null
  const routes = createHash('sha256').update(makers())
  app.addHook(
    'onRoute',
    ({ method, url, schema }) => void routes.update(JSON.stringify([method, url, schema]))
  )
  app.addHook('onSend', async (request, reply, payload) => {
    // Servers that tests make for the other side have no description.
    if (!app.hasDecorator('swagger')) return payload
    contract ??= new Contract(descriptionOf(app, routes.copy().digest('hex')))
    return contract.look(request, reply, payload)
  })
})

const OPEN_API = path.resolve(import.meta.dirname, '../../src/http/open-api')

/** Tells one state of what makes a description of routes from another. */
function makers(): string {
  const files = readdirSync(OPEN_API).map(file => [file, statSync(path.join(OPEN_API, file)).mtimeMs])
  return JSON.stringify([files, process.version])
}

/** Made once for the same routes: it is a quarter of what the start of a server costs. */
function descriptionOf(app: FastifyInstance, routes: string): Description {
  const cache = process.env.NODE_COMPILE_CACHE
  const made = () => app.swagger() as unknown as Description
  if (!cache) return made()
  const file = path.join(cache, `openapi-${routes}.json`)
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Description
  } catch {
    const description = made()
    mkdirSync(cache, { recursive: true })
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(description))
    renameSync(`${file}.${process.pid}`, file)
    return description
  }
}

export class Contract {
  readonly #description: Description
  // That the schemas are schemas is tested once, not at the start of each server.
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false })
  readonly #validators = new Map<object, ValidateFunction>()

  readonly #report: (what: string) => void

  constructor(description: Description, report = contractBroken) {
    this.#description = description
    this.#report = report
    addFormats.default(this.#ajv)
    this.#ajv.addSchema(description, 'openapi')
  }

  look(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
    const where = `${request.method} ${request.url} → ${reply.statusCode}`
    const say = (what: string) => this.#report(`${where}: ${what}`)
    const { url, schema } = request.routeOptions
    if ((schema as { hide?: boolean } | undefined)?.hide === true) return payload
    const answer = request.is404
      ? unknownAnswer(reply.statusCode)
      : this.#answer(request.method, url ?? '', reply)
    if (answer === undefined) {
      say('this status of this route is not described')
      return payload
    }
    for (const name of Object.keys(reply.getHeaders()))
      if (!OF_ANY_REPLY.has(name) && !hasHeader(answer, name)) say(`the header ${name} is not described`)
    return this.#lookAtBody(answer, request.method, reply.getHeader('content-type'), payload, say)
  }

  #answer(method: string, url: string, { statusCode }: FastifyReply): Answer | undefined {
    const path = url.replaceAll(/:(\w+)/g, '{$1}')
    const operation = this.#description.paths[path]?.[method === 'HEAD' ? 'get' : method.toLowerCase()]
    return operation?.responses[statusCode]
  }

  #lookAtBody(
    { content }: Answer,
    method: string,
    type: unknown,
    payload: unknown,
    say: (what: string) => void
  ): unknown {
    const isEmpty = payload === undefined || payload === null || payload === ''
    if (content === undefined) {
      if (!isEmpty || type !== undefined) say(`it has a body of type ${String(type)}`)
      return payload
    }
    const media = String(type).split(';')[0]!
    const described = content[media]
    if (described === undefined) say(`a body of type ${String(type)} is not described`)
    else if (SPELLED[media] !== type && type !== PROMETHEUS) say(`its type is spelled ${String(type)}`)
    if (described === undefined || method === 'HEAD' || !media.endsWith('json')) return payload
    const look = (text: string) => this.#lookAtJson(described.schema, text, say)
    if (payload instanceof Readable) return Readable.from(lookedAt(payload, look), { objectMode: false })
    look(String(payload))
    return payload
  }

  #lookAtJson(schema: object, text: string, say: (what: string) => void): void {
    const validate = this.#validators.get(schema) ?? this.#ajv.compile(absolute(schema))
    this.#validators.set(schema, validate)
    if (!validate(JSON.parse(text))) say(`${this.#ajv.errorsText(validate.errors)} in ${text.slice(0, 500)}`)
  }
}

/** On paths without a route, and for methods that a path does not have. */
function unknownAnswer(status: number): Answer {
  return status === 204
    ? { headers: { allow: {} } }
    : { ...PROBLEM, headers: { allow: {}, 'www-authenticate': {}, 'retry-after': {} } }
}

function hasHeader({ headers = {} }: Answer, name: string): boolean {
  return Object.keys(headers).some(described => described.toLowerCase() === name)
}

/** References of the description, seen from outside of it. */
function absolute(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"openapi#/')) as object
}

async function* lookedAt(pieces: Readable, look: (text: string) => void): AsyncGenerator<Buffer> {
  const read: Buffer[] = []
  for await (const piece of pieces as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(piece)
    read.push(bytes)
    yield bytes
  }
  look(Buffer.concat(read).toString())
}
