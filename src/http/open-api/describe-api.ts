// The API's own description: OpenAPI 3.1 made from the schemas of the routes, at /openapi.json, and as a page at /docs.
import { readFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { Type } from 'typebox'
import type { Authentication } from '../authentication/authenticate.ts'
import type { HttpApp } from '../http-app.ts'
import { JSON_TYPE } from '../liberty/view/json-text.ts'
import { bodyExample } from './body-examples.ts'
import { withComponents } from './components.ts'
import { BODY_OPTIONAL, schemaOf } from './operation.ts'
import { LIBERTY_TAGS } from '../liberty/liberty-operation.ts'
import { SYSTEM_TAGS } from '../system/system-tags.ts'

/** Everything comes from this server, and nobody frames it; the page styles its elements one by one. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

/** Above both src/http and dist/http. */
const PACKAGE = new URL('../../../package.json', import.meta.url)

const ABOUT = `A batch server with the REST API of IBM Liberty and the job semantics of JSR-352.

Every error is \`application/problem+json\` with a \`code\`. A path that is not here is answered 404, another method of one that is
405 with \`Allow\`, and OPTIONS 204 with it; HEAD is answered wherever GET is.`

export interface Described {
  readonly authentication: Authentication | null
  /** What others call this server; `null` = as the page itself was found. */
  readonly publicUrl: string | null
}

/** To be called before any route is added: it learns of them as they are. */
export function describeApi(app: HttpApp, described: Described): void {
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }
  app.register(swagger, {
    // A path is shown whole, whatever the public URL has in front of it.
    stripBasePath: false,
    convertConstToEnum: false,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Batchyard',
        version,
        description: ABOUT,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } as { name: string }
      },
      servers: [{ url: described.publicUrl?.replace(/\/+$/, '') ?? '/' }],
      tags: [...LIBERTY_TAGS, ...SYSTEM_TAGS],
      security: securityOf(described.authentication),
      components: {
        securitySchemes: {
          basic: { type: 'http', scheme: 'basic', description: 'A user of the users file.' },
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'A token of the issuer.'
          }
        }
      }
    },
    transformObject: found => {
      const document = 'openapiObject' in found ? found.openapiObject : found.swaggerObject
      describeBodies(document as unknown as Paths)
      return withComponents(document as never)
    }
  })
  app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: PAGE_POLICY,
    theme: { title: 'Batchyard: the API' },
    // Without an address of a validator, else the page would send the description to one.
    uiConfig: {
      docExpansion: 'none',
      displayRequestDuration: true,
      tryItOutEnabled: true,
      validatorUrl: null
    }
  })
  app.register(async scope => route(scope))
}

function route(app: HttpApp): void {
  let text: string | null = null
  app.get(
    '/openapi.json',
    {
      schema: schemaOf({
        id: 'describeApi',
        tag: 'server',
        summary: 'This description',
        open: true,
        replies: {
          200: { description: 'OpenAPI 3.1.', json: Type.Record(Type.String(), Type.Unknown()) }
        }
      })
    },
    async (_request, reply) => {
      text ??= `${JSON.stringify(app.swagger())}\n`
      return reply.type(JSON_TYPE).send(text)
    }
  )
}

/** Of those that are configured; both, or none, where nobody is asked. */
function securityOf(authentication: Authentication | null): Record<string, string[]>[] {
  if (authentication === null) return [{}, { basic: [] }, { bearer: [] }]
  return [
    ...(authentication.passwords === null ? [] : [{ basic: [] }]),
    ...(authentication.tokens === null ? [] : [{ bearer: [] }])
  ]
}

interface Operation {
  readonly operationId: string
  readonly requestBody?: {
    required: boolean
    readonly content: Readonly<Record<string, { example?: unknown }>>
  }
}

interface Paths {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** What of bodies the schemas do not tell: which may be left out, and what one may look like. */
function describeBodies({ paths }: Paths): void {
  for (const operations of Object.values(paths))
    for (const operation of Object.values(operations)) {
      const optional = Object.hasOwn(operation, BODY_OPTIONAL)
      delete (operation as { [BODY_OPTIONAL]?: true })[BODY_OPTIONAL]
      const { operationId, requestBody } = operation
      if (requestBody === undefined) continue
      if (optional) requestBody.required = false
      for (const [mediaType, content] of Object.entries(requestBody.content))
        content.example = bodyExample(operationId, mediaType) ?? {}
    }
}
