// What a definition or a version of one is registered with.
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import type { Deadlines } from '../../batch/deadlines.ts'
import { fieldsInvalid } from '../../batch/field-problem.ts'
import type { ParameterSpecs } from '../../batch/job-definition.ts'
import type { JobDefinitions } from '../../schedule/job-definitions.ts'
import type { JslSource } from '../../schedule/registered-jsl.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { DeadlinesBody, deadlinesIn, Name, orNull, Text } from './names.ts'
import { readOr, rightFields, throwAll } from './right-fields.ts'

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

type Judge = (given: Parameters<JobDefinitions['problemsOf']>[0]) => ReturnType<JobDefinitions['problemsOf']>

/** A body with its source and deadlines read. Refuses with all that is wrong; `judge` knows what a schema cannot. */
export async function registrationOf<Body extends Static<typeof VersionBody>>(
  request: Pick<FastifyRequest, 'body' | 'validationError'>,
  judge: Judge
): Promise<{ readonly body: Body; readonly source: JslSource; readonly deadlines: Deadlines | null }> {
  const { fields, problems, wrong } = rightFields<Static<typeof DefinitionBody>>(request)
  const isSourceWrong = wrong.has('jobXMLName') || wrong.has('jsl') || wrong.has('body')
  const source = isSourceWrong ? null : readOr(problems, () => sourceOf(fields), null)
  const deadlines = readOr(problems, () => deadlinesIn(fields.deadlines ?? null), null)
  await throwAll(problems, async () => {
    const parameters = fields.parameters === undefined ? null : specsOf(fields.parameters)
    return await judge({ application: fields.application ?? null, source, parameters })
  })
  return { body: fields as unknown as Body, source: source!, deadlines }
}

/** Refuses both, and neither. */
function sourceOf({ jobXMLName = null, jsl = null }: Static<typeof VersionBody>): JslSource {
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
