// What a route below /api/v1 says of itself: unlike Liberty's, it refuses every query parameter that it does not name.
import type { FastifySchema } from 'fastify'
import { closedObject } from '../open-api/closed-object.ts'
import { type Operation, schemaOf } from '../open-api/operation.ts'
import type { SystemTag } from './system-tags.ts'

export interface SystemOperation extends Omit<Operation, 'tag'> {
  readonly tag: SystemTag
}

const NOTHING = closedObject({})

export function systemSchema(operation: SystemOperation): FastifySchema {
  return schemaOf({ query: NOTHING, ...operation })
}
