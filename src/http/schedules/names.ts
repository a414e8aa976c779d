// Schemas of the names that definitions and schedules have, and of what runs are given.
import { type Static, Type, type TSchema } from 'typebox'
import { type Deadlines, deadlinesOf } from '../../batch/deadlines.ts'
import { fieldsInvalid } from '../../batch/field-problem.ts'
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

const Seconds = Type.Integer({ minimum: 1, maximum: 31_536_000 })

/** Of a definition or a schedule. */
export const DeadlinesBody = closedObject(
  { startWithinSeconds: orNull(Seconds), endWithinSeconds: orNull(Seconds) },
  {
    title: 'Deadlines',
    description:
      'By when a run must have started, and ended: seconds after its nominal time, or after its creation where it has none.'
  }
)

/** Refuses an end before the start. */
export function deadlinesIn(given: Static<typeof DeadlinesBody> | null): Deadlines | null {
  const { startWithinSeconds = null, endWithinSeconds = null } = given ?? {}
  if (startWithinSeconds !== null && endWithinSeconds !== null && endWithinSeconds < startWithinSeconds)
    throw fieldsInvalid([
      { path: 'deadlines.endWithinSeconds', message: 'must not be before deadlines.startWithinSeconds' }
    ])
  return deadlinesOf({ startWithinSeconds, endWithinSeconds })
}

export const DeadlinesView = Type.Union([
  closedObject(
    {
      startWithinSeconds: Type.Union([Seconds, Type.Null()]),
      endWithinSeconds: Type.Union([Seconds, Type.Null()])
    },
    { title: 'DeadlinesSet' }
  ),
  Type.Null()
])
