// Schemas of the names that definitions and schedules have, and of what runs are given.
import { Type, type TSchema } from 'typebox'
import { closedObject } from '../open-api/closed-object.ts'

export const Name = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' })

/** It may be left out, or null. */
export const orNull = <T extends TSchema>(type: T) => Type.Optional(Type.Union([type, Type.Null()]))

/** A filter: `*` stands for any characters. */
export const NamePattern = Type.String({
  minLength: 1,
  maxLength: 256,
  description: '`*` stands for any characters.'
})

export const OneName = closedObject({ name: Type.String() })

export interface ByName {
  Params: { name: string }
}

export const Version = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })

export const VersionQuery = closedObject({ version: Type.Optional(Version) })

export const Text = Type.String({ maxLength: 4000 })

export const Parameters = Type.Record(Type.String(), Type.String(), { maxProperties: 10_000 })

const RunBody = closedObject({
  parameters: Type.Optional(Parameters)
})

/** The body of a run by hand may be left out. */
export const RunBodyOrNothing = Type.Union([RunBody, Type.Null()])
