// What a schedule must keep to before it is stored or switched on: every problem of it at once.
import { type FieldProblem, fieldsInvalid } from '../batch/field-problem.ts'
import type { JobDefinition } from '../batch/job-definition.ts'
import type { ScheduleSettings } from '../batch/job-schedule.ts'
import { checkJobParameters } from '../operator/check-submission.ts'
import type { Database } from '../store/database.ts'
import { findDefinition } from '../store/definitions.ts'
import { missingParameters, valuesOf } from './parameter-values.ts'
import { timingProblems } from './timing/timing.ts'

/** They stand in paths where a schedule's name does. */
const RESERVED: readonly string[] = ['history', 'preview']

export interface SettingsToCheck {
  readonly name: string
  readonly definition: string
  readonly settings: ScheduleSettings
  readonly createTime: Date
  /** Milliseconds since 1970, by the store's clock. */
  readonly now: number
}

/** The definition as it would run. Refuses with all that is wrong. */
export async function checkSettings(db: Database, given: SettingsToCheck): Promise<JobDefinition> {
  const { name, definition: definitionName, settings, createTime, now } = given
  checkJobParameters(settings.parameters)
  const problems: FieldProblem[] = []
  if (RESERVED.includes(name))
    problems.push({ path: 'name', message: `must not be ${RESERVED.join(' or ')}` })
  const definition = await findDefinition(db, definitionName, settings.version)
  if (definition === null) problems.push(await unknownDefinition(db, definitionName, settings.version))
  else
    problems.push(
      ...missingParameters(definition.parameters, valuesOf(definition.parameters, settings.parameters))
    )
  problems.push(...timingProblems({ ...settings, createTime }, now))
  if (problems.length > 0 || definition === null) throw fieldsInvalid(problems)
  return definition
}

async function unknownDefinition(db: Database, name: string, version: number | null): Promise<FieldProblem> {
  return version === null || (await findDefinition(db, name)) === null
    ? { path: 'definition', message: `there is no job definition ${name}` }
    : { path: 'version', message: `job definition ${name} has no version ${version}` }
}
