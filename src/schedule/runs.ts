// Runs: the histories of schedules and definitions, and one run with all of its steps, those that have not begun too.
import { BatchError } from '../batch/batch-error.ts'
import type { Hold } from '../batch/hold.ts'
import type { StepExecution } from '../batch/job-records.ts'
import type { Run } from '../batch/run.ts'
import { mayRead, refusal, requireAnyRole, visibilityOf } from '../operator/authorization.ts'
import type { Caller } from '../operator/caller.ts'
import { findDefinitionVersion } from '../store/definitions.ts'
import { findHold } from '../store/holds.ts'
import { findOwner } from '../store/owners.ts'
import { findRun, listRuns, type RunSearch } from '../store/runs.ts'
import { listInstanceSteps } from '../store/step-executions.ts'
import type { SchedulingOptions } from './scheduling-options.ts'

export type { RunSearch }

export interface RunPage {
  /** Newest first. */
  readonly runs: readonly Run[]
  readonly more: boolean
}

export interface RunStep {
  readonly order: number
  readonly stepName: string
  /** The newest execution of the step; `null` = it has not begun. */
  readonly execution: StepExecution | null
}

export interface RunDetail extends Run {
  /** What protects it from purges. */
  readonly hold: Hold | null
  readonly steps: readonly RunStep[]
}

export interface Runs {
  search(query: RunSearch, caller: Caller): Promise<RunPage>
  run(instanceId: number, caller: Caller): Promise<RunDetail>
  /** One that was started just now. */
  stored(instanceId: number): Promise<Run>
}

export function createRuns({ db }: Pick<SchedulingOptions, 'db'>): Runs {
  return {
    async search(query, caller) {
      const found = await listRuns(db, { ...query, limit: query.limit + 1 }, visibilityOf(caller))
      return { runs: found.slice(0, query.limit), more: found.length > query.limit }
    },
    async run(instanceId, caller) {
      requireAnyRole(caller)
      const found = await findRun(db, instanceId)
      const owner = await findOwner(db, 'jobInstance', instanceId)
      if (found === null || owner === null) throw new BatchError('NoSuchJobInstance', [instanceId])
      if (found.schedule === null && !mayRead(caller, owner)) throw refusal(caller, owner)
      const version =
        found.definition === null ? null : await findDefinitionVersion(db, found.definition, found.version!)
      const hold = await findHold(db, instanceId)
      return { ...found, hold, steps: stepsOf(version?.steps ?? [], await listInstanceSteps(db, instanceId)) }
    },
    async stored(instanceId) {
      const found = await findRun(db, instanceId)
      if (found === null) throw new BatchError('NoSuchJobInstance', [instanceId])
      return found
    }
  }
}

/** In the definition's order; what ran without standing in it (names with parameters in them) follows. */
function stepsOf(names: readonly string[], executions: readonly StepExecution[]): RunStep[] {
  const newest = new Map(executions.map(execution => [execution.stepName, execution]))
  const all = [...names, ...[...newest.keys()].filter(name => !names.includes(name))]
  return all.map((stepName, at) => ({ order: at + 1, stepName, execution: newest.get(stepName) ?? null }))
}
