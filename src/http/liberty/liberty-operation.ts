// What the operations of one version say of themselves: the same for all, but their ids, which must differ, and their heading.
import type { FastifySchema } from 'fastify'
import { type TObject, Type } from 'typebox'
import { closedObject } from '../open-api/closed-object.ts'
import { type Operation, schemaOf } from '../open-api/operation.ts'
import { Id } from '../open-api/words.ts'
import { LIBERTY_VERSIONS, type LibertyVersion } from './version.ts'

/** Newest first: it is the one to use. */
export const LIBERTY_TAGS = LIBERTY_VERSIONS.toReversed().map(version => ({
  name: tagOf(version),
  description:
    version === ''
      ? "IBM Liberty's batch REST API without a version in its path; it behaves as v1."
      : `IBM Liberty's batch REST API, ${version}.`
}))

function tagOf(version: LibertyVersion): string {
  return version === '' ? 'batch' : `batch ${version}`
}

export type LibertyOperation = Omit<Operation, 'tag' | 'open'>

/** `id` without the version. */
export function libertySchema(version: LibertyVersion, operation: LibertyOperation): FastifySchema {
  const id = `${operation.id}${version.toUpperCase()}`
  return schemaOf({ ...operation, id, tag: tagOf(version) })
}

/** The parameters of a path that are ids or numbers, in its order; they are read by ids.ts. */
export function idsIn(...names: readonly string[]): TObject {
  return closedObject(Object.fromEntries(names.map(name => [name, Id])))
}

export const StepName = Type.String({ minLength: 1 })

export const ExecutionNumber = Type.Integer({
  minimum: 0,
  maximum: 32_767,
  description: 'Of the executions of its instance, from 0.'
})
