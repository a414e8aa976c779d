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
  const { definition, problems } = await definitionProblems(db, definitionName, settings)
  problems.unshift(...nameProblems(name))
  problems.push(...timingProblems({ ...settings, createTime }, now))
  if (problems.length > 0 || definition === null) throw fieldsInvalid(problems)
  return definition
}

/** Those fields of a schedule that are right as far as they can be without the others. */
export interface SomeSettings extends Partial<
  Pick<ScheduleSettings, 'when' | 'timeZone' | 'start' | 'end' | 'version'>
> {
  readonly name?: string
  readonly definition?: string
  /** `null`: they are wrong, so none is missed. */
  readonly parameters?: ScheduleSettings['parameters'] | null
}

/** What is wrong with them; `now`: milliseconds since 1970, by the store's clock. */
export async function settingProblems(
  db: Database,
  given: SomeSettings & Pick<ScheduleSettings, 'timeZone'>,
  now: number
): Promise<FieldProblem[]> {
  const {
    name = '',
    definition,
    version = null,
    parameters = {},
    when = null,
    start = null,
    end = null
  } = given
  const ofDefinition =
    definition === undefined
      ? []
      : (await definitionProblems(db, definition, { version, parameters })).problems
  const { timeZone } = given
  return [
    ...nameProblems(name),
    ...ofDefinition,
    ...timingProblems({ when, timeZone, start, end, createTime: new Date(now) }, now)
  ]
}

function nameProblems(name: string): FieldProblem[] {
  return RESERVED.includes(name) ? [{ path: 'name', message: `must not be ${RESERVED.join(' or ')}` }] : []
}

async function definitionProblems(
  db: Database,
  name: string,
  { version, parameters }: Pick<ScheduleSettings, 'version'> & Pick<SomeSettings, 'parameters'>
): Promise<{ readonly definition: JobDefinition | null; readonly problems: FieldProblem[] }> {
  const definition = await findDefinition(db, name, version)
  if (definition === null) return { definition, problems: [await unknownDefinition(db, name, version)] }
  const { parameters: specs } = definition
  const isJudged = parameters !== null && parameters !== undefined
  return { definition, problems: isJudged ? missingParameters(specs, valuesOf(specs, parameters)) : [] }
}

async function unknownDefinition(db: Database, name: string, version: number | null): Promise<FieldProblem> {
  return version === null || (await findDefinition(db, name)) === null
    ? { path: 'definition', message: `there is no job definition ${name}` }
    : { path: 'version', message: `job definition ${name} has no version ${version}` }
}
