// What each route says of itself: from this come its checks and its entry in the API's description.
import type { FastifySchema } from 'fastify'
import { type TObject, Type, type TSchema } from 'typebox'
import { ALWAYS, refusal, WITH_BODY, WITH_CALLER } from './problem.ts'

/** One kind of answer; without any content it has no body. */
export interface Reply {
  readonly description: string
  readonly json?: TSchema
  /** Other media types → what they are; a string, as bytes or characters. */
  readonly other?: Readonly<Record<string, string>>
  /** Name → what it says. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface Operation {
  /** Unique over all; what a generated client calls its method. */
  readonly id: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly params?: TObject
  readonly query?: TObject
  readonly headers?: TObject
  /** A schema of JSON, or media types → schemas. */
  readonly body?: TSchema | { readonly content: Readonly<Record<string, { readonly schema: TSchema }>> }
  /** Its body may be left out. */
  readonly bodyOptional?: boolean
  /** Status → answer. */
  readonly replies: Readonly<Record<number, Reply>>
  /** Statuses of refusals beside those that any operation may give. */
  readonly refusals?: readonly number[]
  /** Anybody may ask, without telling who he is. */
  readonly open?: boolean
}

/** The document says so of an operation whose body may be left out; Fastify's plugin knows no such thing. */
export const BODY_OPTIONAL = 'x-body-optional'

export function schemaOf(operation: Operation): FastifySchema {
  const { id, tag, summary, description, params, query, headers, body, open = false } = operation
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { querystring: query }),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
    ...(operation.bodyOptional === true ? { [BODY_OPTIONAL]: true } : {}),
    ...(open ? { security: [] } : {}),
    response: { ...repliesOf(operation), ...refusalsOf(operation) }
  } as FastifySchema
}

function repliesOf({ replies }: Operation): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(replies).map(([status, reply]) => [status, { ...contentOf(reply), ...headersOf(reply) }])
  )
}

function contentOf({ description, json, other = {} }: Reply): object {
  const content = Object.entries(other).map(([type, says]) => [type, { schema: textSchema(type, says) }])
  if (json !== undefined) content.unshift(['application/json', { schema: json }])
  return content.length === 0
    ? { description, type: 'null' }
    : { description, content: Object.fromEntries(content) }
}

function textSchema(type: string, description: string): TSchema {
  return Type.String(type.startsWith('text/') ? { description } : { description, format: 'binary' })
}

function headersOf({ headers }: Reply): object {
  if (headers === undefined) return {}
  return {
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, description]) => [name, { type: 'string', description }])
    )
  }
}

function refusalsOf({ body, refusals = [], replies, open }: Operation): Record<string, unknown> {
  const statuses = new Set([
    ...ALWAYS,
    ...(open === true ? [] : WITH_CALLER),
    ...(body === undefined ? [] : WITH_BODY),
    ...refusals
  ])
  const told = [...statuses].filter(status => !Object.hasOwn(replies, status)).toSorted((a, b) => a - b)
  return Object.fromEntries(told.map(status => [status, refusal(status)]))
}
