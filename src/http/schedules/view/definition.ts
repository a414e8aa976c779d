// A job definition as the routes show it.
import { Type, type Static } from 'typebox'
import type { JobDefinition } from '../../../batch/job-definition.ts'
import { DeadlinesView } from '../names.ts'
import { closedObject } from '../../open-api/closed-object.ts'
import { TextOrNull, Time } from '../../open-api/words.ts'

const ParameterView = closedObject(
  { default: TextOrNull, required: Type.Boolean(), secret: Type.Boolean(), description: TextOrNull },
  { title: 'DefinitionParameter' }
)

export const DefinitionView = closedObject(
  {
    name: Type.String(),
    version: Type.Integer(),
    latestVersion: Type.Integer(),
    description: TextOrNull,
    application: Type.String(),
    jobXMLName: TextOrNull,
    steps: Type.Array(Type.String()),
    parameters: Type.Record(Type.String(), ParameterView, { description: 'Secret defaults are masked.' }),
    deadlines: DeadlinesView,
    createTime: Time,
    createdBy: Type.String(),
    system: Type.Boolean({ description: 'Part of the server.' })
  },
  { title: 'JobDefinition' }
)
export type DefinitionView = Static<typeof DefinitionView>

export function definitionView(definition: JobDefinition): DefinitionView {
  const { name, version, latestVersion, description, application, jobXMLName, createdBy, system } = definition
  return {
    name,
    version,
    latestVersion,
    description,
    application,
    jobXMLName,
    steps: [...definition.steps],
    parameters: definition.parameters,
    deadlines: definition.deadlines,
    createTime: definition.createTime.toISOString(),
    createdBy,
    system
  }
}
