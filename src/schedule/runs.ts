// Runs: the histories of schedules and definitions, and one run with all of its steps, those that have not begun too.
import { BatchError } from '../batch/batch-error.ts'
import { type ExpectedDuration, etaOf } from '../batch/expected-duration.ts'
import type { Hold } from '../batch/hold.ts'
import type { StepExecution } from '../batch/job-records.ts'
import type { Run } from '../batch/run.ts'
import { mayRead, refusal, requireAnyRole, visibilityOf } from '../operator/authorization.ts'
import type { Caller } from '../operator/caller.ts'
import type { Database } from '../store/database.ts'
import { findDefinitionVersion } from '../store/definitions.ts'
import { expectedDurations } from '../store/expected-durations.ts'
import { findHold } from '../store/holds.ts'
import { findOwner } from '../store/owners.ts'
import { findRun, listRuns, type RunSearch } from '../store/runs.ts'
import { listInstanceSteps } from '../store/step-executions.ts'
import type { SchedulingOptions } from './scheduling-options.ts'

export type { RunSearch }

/** A run with what those before it tell of its duration. */
export interface ShownRun extends Run {
  /** `null` where none has ended well yet, and in lists of what has ended. */
  readonly expected: ExpectedDuration | null
  /** When it should end; `null` where it does not run, or has taken longer than nine of ten before it. */
  readonly eta: Date | null
}

export interface RunPage {
  /** Newest first. */
  readonly runs: readonly ShownRun[]
  readonly more: boolean
}

export interface RunStep {
  readonly order: number
  readonly stepName: string
  /** The newest execution of the step; `null` = it has not begun. */
  readonly execution: StepExecution | null
}

export interface RunDetail extends ShownRun {
  /** What protects it from purges. */
  readonly hold: Hold | null
  readonly steps: readonly RunStep[]
}

export interface Runs {
  search(query: RunSearch, caller: Caller): Promise<RunPage>
  run(instanceId: number, caller: Caller): Promise<RunDetail>
  /** One that was started just now. */
  stored(instanceId: number): Promise<ShownRun>
}

export function createRuns({ db }: Pick<SchedulingOptions, 'db'>): Runs {
  return {
    async search(query, caller) {
      const found = await listRuns(db, { ...query, limit: query.limit + 1 }, visibilityOf(caller))
      const runs = await withExpected(db, found.slice(0, query.limit), isAtWork)
      return { runs, more: found.length > query.limit }
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
      const [shown] = await withExpected(db, [found], () => true)
      return {
        ...shown!,
        hold,
        steps: stepsOf(version?.steps ?? [], await listInstanceSteps(db, instanceId))
      }
    },
    async stored(instanceId) {
      const found = await findRun(db, instanceId)
      if (found === null) throw new BatchError('NoSuchJobInstance', [instanceId])
      return { ...found, expected: null, eta: null }
    }
  }
}

function isAtWork({ startTime, endTime }: Run): boolean {
  return startTime !== null && endTime === null
}

/** For those that are `wanted`; what has no definition has nothing to learn from. */
async function withExpected(
  db: Database,
  runs: readonly Run[],
  wanted: (run: Run) => boolean
): Promise<ShownRun[]> {
  const definitions = runs.filter(wanted).flatMap(({ definition }) => definition ?? [])
  if (definitions.length === 0) return runs.map(run => ({ ...run, expected: null, eta: null }))
  const { byDefinition, now } = await expectedDurations(db, definitions)
  return runs.map(run => {
    const expected = (wanted(run) ? byDefinition.get(run.definition ?? '') : undefined) ?? null
    const eta = expected === null || !isAtWork(run) ? null : etaOf(run.startTime!, expected, now.getTime())
    return { ...run, expected, eta }
  })
}

/** In the definition's order; what ran without standing in it (names with parameters in them) follows. */
function stepsOf(names: readonly string[], executions: readonly StepExecution[]): RunStep[] {
  const newest = new Map(executions.map(execution => [execution.stepName, execution]))
  const all = [...names, ...[...newest.keys()].filter(name => !names.includes(name))]
  return all.map((stepName, at) => ({ order: at + 1, stepName, execution: newest.get(stepName) ?? null }))
}
