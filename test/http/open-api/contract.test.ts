// Whether the check that all tests rely on sees what it is there to see: without this it could be silent for ever.
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { FastifyReply, FastifyRequest } from 'fastify'
import t from 'tap'
import { Contract, type Description } from '../../support/contract.ts'

const Thing = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'integer' } },
  additionalProperties: false
}
const description: Description = {
  paths: {
    '/things/{id}': {
      get: {
        responses: {
          200: {
            headers: { ETag: {} },
            content: {
              'application/json': { schema: { $ref: '#/components/schemas/Thing' } },
              'text/plain': { schema: { type: 'string' } }
            }
          },
          204: {}
        }
      }
    }
  },
  components: { schemas: { Thing, Problem: Thing } }
}

interface Sent {
  readonly method?: string
  readonly url?: string
  readonly is404?: boolean
  readonly hide?: boolean
  readonly statusCode?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly payload?: unknown
}

const JSON_TYPE: Readonly<Record<string, string>> = { 'content-type': 'application/json; charset=UTF-8' }

/** What is said of one reply, and what is left of its payload. */
function look(sent: Sent): { said: string[]; payload: unknown } {
  const said: string[] = []
  const { method = 'GET', url = '/things/:id', is404 = false, hide = false, statusCode = 200 } = sent
  const headers = sent.headers ?? JSON_TYPE
  const request = { method, url: '/things/1', is404, routeOptions: { url, schema: { hide } } }
  const reply = { statusCode, getHeaders: () => headers, getHeader: (name: string) => headers[name] }
  const payload = new Contract(description, what => said.push(what)).look(
    request as unknown as FastifyRequest,
    reply as unknown as FastifyReply,
    'payload' in sent ? sent.payload : '{"id":1}'
  )
  return { said, payload }
}

t.test('a reply that is described passes', t => {
  t.same(look({}).said, [])
  t.same(look({ headers: { ...JSON_TYPE, etag: '"1"', 'content-length': '8' } }).said, [])
  t.same(look({ headers: { 'content-type': 'text/plain; charset=UTF-8' }, payload: 'x' }).said, [])
  t.same(look({ statusCode: 204, headers: {}, payload: '' }).said, [])
  t.same(look({ method: 'HEAD', payload: null }).said, [])
  t.same(look({ hide: true, payload: 'anything' }).said, [])
  t.end()
})

t.test('whatever differs is told', t => {
  const tells = (sent: Sent, what: RegExp) => t.match(look(sent).said, [what], String(what))
  tells({ payload: '{"id":"1"}' }, /must be integer in/)
  tells({ payload: '{"id":1,"more":2}' }, /must NOT have additional properties/)
  tells({ payload: '{}' }, /must have required property 'id'/)
  tells({ statusCode: 201 }, /this status of this route is not described/)
  tells({ url: '/others/:id' }, /is not described/)
  tells({ method: 'POST' }, /is not described/)
  tells({ headers: { ...JSON_TYPE, 'x-more': '1' } }, /header x-more/)
  tells({ headers: { 'content-type': 'application/json' } }, /spelled/)
  tells({ headers: { 'content-type': 'text/html' } }, /text\/html is not described/)
  tells({ headers: {} }, /undefined is not described/)
  tells({ statusCode: 204 }, /it has a body/)
  tells({ is404: true, statusCode: 404, headers: { 'content-type': 'text/plain' } }, /not described/)
  t.same(
    look({ is404: true, statusCode: 404, headers: { 'content-type': 'application/problem+json' } }).said,
    []
  )
  t.end()
})

t.test('a body that is streamed is looked at when it was sent, and arrives whole', async t => {
  const { said, payload } = look({ payload: Readable.from(['{"id":', '"ö"}']) })
  t.same(said, [])
  t.equal(await text(payload as Readable), '{"id":"ö"}')
  t.match(said, [/must be integer/])
})
