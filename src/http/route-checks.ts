// How the plugins below /api/v1 check what their routes are sent, by the schemas of these: in one place, so that none takes 1.9 for 1.
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import type { HttpApp } from './http-app.ts'
import { utf8 } from './request-body.ts'

type Route = Parameters<Parameters<HttpApp['setValidatorCompiler']>[0]>[0]
type Check = ReturnType<Parameters<HttpApp['setValidatorCompiler']>[0]>

/** `unchecked`: parts of a request whose schema is there for the description alone. */
export function checkBySchemas(app: HttpApp, unchecked: readonly string[]): void {
  app.setValidatorCompiler((route: Route): Check => {
    if (unchecked.includes(route.httpPart ?? '')) return () => true
    const check = TypeBoxValidatorCompiler(route as never) as (value: unknown) => unknown
    if (route.httpPart !== 'querystring') return check as Check
    const integers = integersOf(route.schema)
    return ((query: Readonly<Record<string, unknown>>) => check(withIntegers(query, integers))) as Check
  })
}

function integersOf(schema: unknown): readonly string[] {
  const { properties = {} } = schema as { properties?: Readonly<Record<string, { type?: unknown }>> }
  return Object.entries(properties).flatMap(([name, { type }]) => (type === 'integer' ? [name] : []))
}

const INTEGER = /^[+-]?\d+$/
/** Nothing makes an integer of it. */
const NO_INTEGER = 'none'

/** The check converts text first, and makes integers of `1.9`, `true` and nothing at all. */
function withIntegers(query: Readonly<Record<string, unknown>>, integers: readonly string[]) {
  const wrong = integers.filter(name => {
    const given = query[name]
    return typeof given === 'string' && !INTEGER.test(given)
  })
  return wrong.length === 0
    ? query
    : { ...query, ...Object.fromEntries(wrong.map(name => [name, NO_INTEGER])) }
}

/** Most changes need no body, and clients send its Content-Type all the same. What is no UTF-8 is refused, not mended. */
export function readJsonBodies(app: HttpApp): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, null)
    try {
      void parse(request, utf8(body as Buffer, 'it'), done)
    } catch (error) {
      done(error as Error)
    }
  })
}
