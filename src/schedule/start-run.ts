// The one way in which a definition begins to run, whatever asks for it: a job instance submitted through the operator.
import { BatchError } from '../batch/batch-error.ts'
import { type Deadlines, deadlinesOf } from '../batch/deadlines.ts'
import type { JobDefinition } from '../batch/job-definition.ts'
import type { RunOrigin } from '../batch/run.ts'
import type { Caller } from '../operator/caller.ts'
import type { Database } from '../store/database.ts'
import { findDefinition, findDefinitionJsl } from '../store/definitions.ts'
import { requireParameters, secretParametersOf, startValues } from './parameter-values.ts'
import type { SchedulingOptions } from './scheduling-options.ts'

export interface Start extends Pick<RunOrigin, 'schedule' | 'trigger' | 'nominalTime'> {
  /** The schedule's. */
  readonly deadlines?: Deadlines | null
  readonly definition: string
  /** `null` = the latest. */
  readonly version: number | null
  /** Over the definition's defaults, the later winning; the mask of a secret leaves what it had before. */
  readonly parameters: readonly Readonly<Record<string, string>>[]
  /** Whoever commits it wakes the dispatcher. Absent: it is committed when this resolves. */
  readonly within?: Database
}

export type StartOptions = Pick<SchedulingOptions, 'db' | 'operator' | 'secretWords'>

/** The id of its job instance. Rejects with NoSuchDefinition, NoSuchDefinitionVersion, and what a submit is refused for. */
export async function startRun(
  { db, operator, secretWords }: StartOptions,
  start: Start,
  caller: Caller
): Promise<number> {
  const { schedule, trigger, nominalTime, within, deadlines = null } = start
  const reading = within ?? db
  const definition = await definitionOf(reading, start.definition, start.version)
  const { name, version, application, jobXMLName, system } = definition
  const jobParameters = startValues(definition.parameters, secretWords, start.parameters)
  requireParameters(definition.parameters, jobParameters)
  const { instance } = await operator.submit(
    {
      application,
      module: `${application}.war`,
      component: null,
      jobXMLName: jobXMLName ?? '',
      jobXML: await findDefinitionJsl(reading, name, version),
      jobParameters,
      idempotencyKey: null,
      run: {
        origin: {
          definition: name,
          version,
          schedule,
          trigger,
          nominalTime,
          deadlines: deadlinesOf(deadlines, definition.deadlines),
          secretParameters: secretParametersOf(definition.parameters)
        },
        packaged: jobXMLName !== null,
        system,
        ...(within === undefined ? {} : { within })
      }
    },
    caller
  )
  return instance.instanceId
}

/** A run for one object of a bulk job. */
export async function startBulkRun(
  options: StartOptions,
  start: Pick<Start, 'definition' | 'version' | 'within'> & {
    readonly parameters: Start['parameters'][number]
  },
  caller: Caller
): Promise<number> {
  const origin = { schedule: null, trigger: 'bulk', nominalTime: null } as const
  return await startRun(options, { ...start, ...origin, parameters: [start.parameters] }, caller)
}

export async function definitionOf(
  db: Database,
  name: string,
  version: number | null = null
): Promise<JobDefinition> {
  const found = await findDefinition(db, name, version)
  if (found !== null) return found
  if (version === null || (await findDefinition(db, name)) === null)
    throw new BatchError('NoSuchDefinition', [name])
  throw new BatchError('NoSuchDefinitionVersion', [name, version])
}
