// Puts this room together: definitions, schedules, runs, maintenance mode, the server's own batches, and the clock.
import type { Logger } from 'pino'
import type { DispatchOptions } from '../dispatch/dispatch-options.ts'
import type { Explanation } from '../batch/explanation.ts'
import type { Caller } from '../operator/caller.ts'
import { refusingWhileAway } from '../operator/refusing-while-away.ts'
import type { Ticker } from '../service/ticker.ts'
import { createJobDefinitions, type JobDefinitions } from './job-definitions.ts'
import { createJobSchedules } from './create-job-schedules.ts'
import type { JobSchedules } from './job-schedules.ts'
import { createMaintenanceMode, type MaintenanceMode } from './maintenance-mode.ts'
import { createPipelines, type Pipelines } from './pipelines.ts'
import { createPurgePlans, type PurgePlans } from './purge-plans.ts'
import { explainSchedule } from './explain-schedule.ts'
import { createRuns, type Runs } from './runs.ts'
import { createScheduleClock } from './schedule-clock.ts'
import type { SchedulingOptions } from './scheduling-options.ts'
import { runSystemTask, type SystemTaskOptions } from './system-batches/run-system-task.ts'
import { seedSystemBatches } from './system-batches/seed-system-batches.ts'
import { tellRetention } from './system-batches/tell-retention.ts'

export interface Scheduling {
  readonly definitions: JobDefinitions
  readonly schedules: JobSchedules
  readonly runs: Runs
  readonly pipelines: Pipelines
  readonly maintenance: MaintenanceMode
  /** What it waits for. Rejects with NoSuchSchedule. */
  explainSchedule(name: string, caller: Caller): Promise<Explanation>
  readonly purgePlans: PurgePlans
}

/** Its start brings the server's own batches along. */
export interface SchedulingClock extends Omit<Ticker, 'start'> {
  start(): Promise<void>
}

export interface SchedulingRoom extends Pick<DispatchOptions, 'systemTask'> {
  readonly scheduling: Scheduling
  readonly clock: SchedulingClock
}

export function createScheduling(
  options: SchedulingOptions &
    SystemTaskOptions & {
      readonly log: Pick<Logger, 'error' | 'warn' | 'info'>
      readonly statementTimeoutSeconds: number
    }
): SchedulingRoom {
  const runs = createRuns(options)
  const clock = createScheduleClock(options, options.log)
  const guarded = <UseCases extends object>(useCases: UseCases) =>
    refusingWhileAway(options.statementTimeoutSeconds, useCases)
  const definitions = createJobDefinitions(options, runs)
  return {
    scheduling: {
      definitions: guarded(definitions),
      schedules: guarded(createJobSchedules(options, runs)),
      runs: guarded(runs),
      pipelines: guarded(createPipelines(options, definitions, runs)),
      maintenance: guarded(createMaintenanceMode(options.db)),
      ...guarded({
        explainSchedule: (name: string, caller: Caller) => explainSchedule(options.db, name, caller)
      }),
      purgePlans: guarded(createPurgePlans(options))
    },
    systemTask: (instanceId, task) => runSystemTask(options, instanceId, task),
    clock: {
      ...clock,
      async start() {
        await seedSystemBatches(options.db, options.timeZone)
        await tellRetention(options.db, options.log)
        clock.start()
      }
    }
  }
}
