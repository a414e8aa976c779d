// The use cases of job definitions; each asks who may before it begins.
import { BatchError } from '../batch/batch-error.ts'
import type { Deadlines } from '../batch/deadlines.ts'
import type { FieldProblem } from '../batch/field-problem.ts'
import type { JobDefinition, ParameterSpecs } from '../batch/job-definition.ts'
import type { RunTrigger } from '../batch/run.ts'
import { requireAnyRole, requireRole, requireSubmit } from '../operator/authorization.ts'
import type { Caller } from '../operator/caller.ts'
import { type DefinitionChange, deleteDefinition, describeDefinition } from '../store/definition-changes.ts'
import {
  definitionWasThere,
  findDefinitionJsl,
  insertDefinition,
  insertDefinitionVersion,
  listDefinitions,
  listDefinitionVersions
} from '../store/definitions.ts'
import { shownSpecs, unmaskedSpecs } from './parameter-values.ts'
import { expectedOf, type IfMatch } from './preconditions.ts'
import {
  type JslSource,
  readRegisteredJsl,
  readRegistration,
  type RegistrationToRead,
  registrationProblems
} from './registered-jsl.ts'
import { type RunPage, type RunSearch, type Runs, type ShownRun } from './runs.ts'
import type { SchedulingOptions } from './scheduling-options.ts'
import { definitionOf, startRun } from './start-run.ts'

export interface DefinitionRegistration {
  readonly name: string
  readonly description: string | null
  readonly application: string
  readonly source: JslSource
  readonly parameters: ParameterSpecs
  readonly deadlines: Deadlines | null
}

export interface VersionRegistration {
  readonly source: JslSource
  /** `null` = as in the version before. */
  readonly parameters: ParameterSpecs | null
  /** Absent = as in the version before. */
  readonly deadlines?: Deadlines | null
}

export interface DefinitionRun {
  /** `null` = the latest. */
  readonly version: number | null
  readonly parameters: Readonly<Record<string, string>>
  readonly trigger: RunTrigger
}

export interface JobDefinitions {
  /** Rejects with DefinitionExists, JslInvalid, ApplicationUnknown or JobXMLUnknown; then nothing is stored. */
  register(registration: DefinitionRegistration, caller: Caller): Promise<JobDefinition>
  /** What is wrong with these where other fields are wrong already; `null`: it is itself, or is not given. */
  problemsOf(
    given: { readonly [Part in keyof RegistrationToRead]: RegistrationToRead[Part] | null },
    caller: Caller
  ): Promise<readonly FieldProblem[]>
  registerVersion(name: string, version: VersionRegistration, caller: Caller): Promise<JobDefinition>
  /** `version`: `null` = the latest. */
  definition(name: string, version: number | null, caller: Caller): Promise<JobDefinition>
  jsl(name: string, version: number | null, caller: Caller): Promise<string>
  /** By name; one more than `limit` says that there are more. */
  list(
    search: { readonly name: string | null; readonly after: string | null; readonly limit: number },
    caller: Caller
  ): Promise<readonly JobDefinition[]>
  /** Newest first. */
  versions(
    name: string,
    page: { readonly before: number | null; readonly limit: number },
    caller: Caller
  ): Promise<readonly JobDefinition[]>
  describe(name: string, description: string | null, ifMatch: IfMatch, caller: Caller): Promise<JobDefinition>
  remove(name: string, ifMatch: IfMatch, caller: Caller): Promise<void>
  run(name: string, run: DefinitionRun, caller: Caller): Promise<ShownRun>
  /** Also of a definition that was deleted. */
  history(name: string, query: RunSearch, caller: Caller): Promise<RunPage>
}

export function createJobDefinitions(options: SchedulingOptions, runs: Runs): JobDefinitions {
  const { db, secretWords } = options
  const shown = (definition: JobDefinition): JobDefinition => ({
    ...definition,
    parameters: shownSpecs(definition.parameters, secretWords)
  })

  return {
    async register({ source, ...registration }, caller) {
      requireRole(caller, 'batchAdmin')
      const read = await readRegistration(options, { ...registration, source }, caller)
      const stored = await insertDefinition(db, { ...registration, ...read, system: false, by: caller.user })
      if (stored === null) throw new BatchError('DefinitionExists', [registration.name])
      return shown(stored)
    },
    async problemsOf(given, caller) {
      requireAnyRole(caller)
      return await registrationProblems(options, given, caller)
    },
    async registerVersion(name, { source, parameters, deadlines }, caller) {
      requireRole(caller, 'batchAdmin')
      const before = await definitionOf(db, name)
      if (before.system) throw new BatchError('PartOfServer', [`Job definition ${name}`])
      const { application } = before
      const specs =
        parameters === null ? before.parameters : unmaskedSpecs(parameters, before.parameters, secretWords)
      const read = await readRegisteredJsl(options, { application, source, parameters: specs }, caller)
      const version = {
        name,
        application,
        ...read,
        parameters: specs,
        deadlines: deadlines === undefined ? before.deadlines : deadlines,
        by: caller.user
      }
      const stored = await insertDefinitionVersion(db, version)
      if (stored === null) throw new BatchError('NoSuchDefinition', [name])
      return shown(stored)
    },
    async definition(name, version, caller) {
      requireAnyRole(caller)
      return shown(await definitionOf(db, name, version))
    },
    async jsl(name, version, caller) {
      requireAnyRole(caller)
      return await findDefinitionJsl(db, name, (await definitionOf(db, name, version)).version)
    },
    async list(search, caller) {
      requireAnyRole(caller)
      return (await listDefinitions(db, search)).map(shown)
    },
    async versions(name, page, caller) {
      requireAnyRole(caller)
      await definitionOf(db, name)
      return (await listDefinitionVersions(db, name, page)).map(shown)
    },
    async describe(name, description, ifMatch, caller) {
      requireRole(caller, 'batchAdmin')
      await definitionOf(db, name)
      if (ifMatch === null) throw new BatchError('PreconditionMissing', [`job definition ${name}`])
      const change = { name, description, expected: expectedOf(ifMatch), by: caller.user }
      refuseChange(name, await describeDefinition(db, change))
      return shown(await definitionOf(db, name))
    },
    async remove(name, ifMatch, caller) {
      requireRole(caller, 'batchAdmin')
      refuseChange(name, await deleteDefinition(db, { name, expected: expectedOf(ifMatch), by: caller.user }))
    },
    async run(name, { version, parameters, trigger }, caller) {
      requireSubmit(caller)
      // What the server's own batches do concerns everybody.
      if ((await definitionOf(db, name, version)).system) requireRole(caller, 'batchAdmin')
      const start = {
        definition: name,
        version,
        parameters: [parameters],
        schedule: null,
        trigger,
        nominalTime: null
      }
      return await runs.stored(await startRun(options, start, caller))
    },
    async history(name, query, caller) {
      requireAnyRole(caller)
      if (!(await definitionWasThere(db, name))) throw new BatchError('NoSuchDefinition', [name])
      return await runs.search({ ...query, definitions: [name, ...query.definitions] }, caller)
    }
  }
}

function refuseChange(name: string, change: DefinitionChange): void {
  if (change === 'done') return
  if (change === 'unknown') throw new BatchError('NoSuchDefinition', [name])
  if (change === 'stale') throw new BatchError('PreconditionFailed', [`Job definition ${name}`])
  if (change === 'system') throw new BatchError('PartOfServer', [`Job definition ${name}`])
  throw new BatchError('DefinitionInUse', [name, useOf(change)])
}

function useOf(change: Exclude<DefinitionChange, string>): string {
  if ('schedule' in change) return `schedule ${change.schedule} names it`
  if ('bulkJob' in change) return `bulk job ${change.bulkJob} has not ended`
  return `job instance ${change.instanceId} has not ended`
}
