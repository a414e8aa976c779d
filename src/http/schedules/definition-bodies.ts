// What a definition or a version of one is registered with.
import { Type, type Static } from 'typebox'
import { fieldsInvalid } from '../../batch/field-problem.ts'
import type { ParameterSpecs } from '../../batch/job-definition.ts'
import type { JslSource } from '../../schedule/registered-jsl.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { DeadlinesBody, Name, orNull, Text } from './names.ts'

const Spec = closedObject({
  default: orNull(Type.String()),
  required: Type.Optional(Type.Boolean()),
  secret: Type.Optional(Type.Boolean()),
  description: orNull(Text)
})

const VERSION = {
  jobXMLName: orNull(
    Type.String({ minLength: 1, maxLength: 128, description: 'Of the application; its text is copied.' })
  ),
  jsl: orNull(Type.String({ minLength: 1, description: 'In place of jobXMLName.' })),
  parameters: Type.Optional(
    Type.Record(Type.String({ minLength: 1, maxLength: 256 }), Spec, { maxProperties: 1000 })
  ),
  deadlines: orNull(DeadlinesBody)
}

export const VersionBody = closedObject(VERSION)

export const DefinitionBody = closedObject({
  name: Name,
  description: orNull(Text),
  application: Type.String({ minLength: 1, maxLength: 512 }),
  ...VERSION
})

export const DescriptionBody = closedObject({ description: Type.Union([Text, Type.Null()]) })

/** Refuses both, and neither. */
export function sourceOf({ jobXMLName = null, jsl = null }: Static<typeof VersionBody>): JslSource {
  if ((jobXMLName === null) === (jsl === null)) {
    const message =
      jsl === null ? 'is missing: jobXMLName or jsl must be given' : 'must not be given beside jobXMLName'
    throw fieldsInvalid([{ path: jsl === null ? 'jobXMLName' : 'jsl', message }])
  }
  return jsl === null ? { jobXMLName: jobXMLName! } : { jsl }
}

export function specsOf(
  parameters: Exclude<Static<typeof VersionBody>['parameters'], undefined>
): ParameterSpecs {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, spec]) => [
      name,
      {
        default: spec.default ?? null,
        required: spec.required ?? false,
        secret: spec.secret ?? false,
        description: spec.description ?? null
      }
    ])
  )
}
