// The tasks of the server's own batches, done in the server for the run that asks, through the operator as anybody's would be.
import { BatchError } from '../../batch/batch-error.ts'
import { isSystemTask, type SystemTask, type SystemTaskName } from '../../batch/system-batch.ts'
import { adminCaller } from '../../operator/caller.ts'
import type { JobOperator } from '../../operator/job-operator.ts'
import type { Database } from '../../store/database.ts'
import { forgetUnfiredDeadlines } from '../../store/deadlines.ts'
import { setMaintenance } from '../../store/maintenance.ts'
import {
  endedWithLogs,
  forgetDecisions,
  hangingExecutions,
  isSystemRun,
  vacuumTables
} from '../../store/system-batches.ts'
import { archive } from './archive.ts'
import { executePlan } from './execute-plan.ts'
import { purgeHistory } from './purge-history.ts'
import { SYSTEM_USER } from './seed-system-batches.ts'

export interface SystemTaskOptions {
  readonly db: Database
  /** Without a time limit for statements. */
  readonly longDb: Database
  readonly operator: JobOperator
  /** Archives lie below it. */
  readonly dataDir: string
}

const CALLER = adminCaller(SYSTEM_USER)
const PAGE = 500

/** A sentence for the job log. Rejects where the instance is no run of the server's own, or what it asks for makes no sense. */
export async function runSystemTask(
  options: SystemTaskOptions,
  instanceId: number,
  task: SystemTask
): Promise<string> {
  if (!(await isSystemRun(options.db, instanceId)))
    throw new Error(`Job instance ${instanceId} is no run of the server's own batches: nothing was done.`)
  const name = task['task'] ?? ''
  if (!isSystemTask(name)) throw new Error(`There is no task ${name}.`)
  return await TASKS[name](options, task, instanceId)
}

const TASKS: Readonly<
  Record<
    SystemTaskName,
    (options: SystemTaskOptions, task: SystemTask, instanceId: number) => Promise<string>
  >
> = {
  async BATCH_NETTOYAGE({ db, operator }, task) {
    const hours = wholeOf(task, 'hours')
    let ended = 0
    for (const executionId of await hangingExecutions(db, hours)) {
      const reason = `it hung for more than ${hours} h, and no server worked on it`
      if (await passing(operator.forceEndExecution(executionId, { batchStatus: 'STOPPED', reason }, CALLER)))
        ended++
    }
    return `Job executions that hung and were ended: ${ended}.`
  },
  async BATCH_DESTRUCT_HISTO({ db, operator }, task, instanceId) {
    const days = wholeOf(task, 'days')
    const { purged, stopped } = await purgeHistory({ db, operator, caller: CALLER, days }, instanceId)
    if (stopped) return `Stopped. Job instances purged: ${purged}.`
    await forgetUnfiredDeadlines(db, days)
    return `Job instances purged: ${purged}; decisions of schedules forgotten: ${await forgetDecisions(db, days)}.`
  },
  BATCH_ARCHIVAGE: ({ db, operator, dataDir }, task, instanceId) =>
    archive({ db, operator, dataDir, caller: CALLER, days: wholeOf(task, 'days') }, task, instanceId),
  async BATCH_DESTRUCT_LOGS({ db, operator }, task) {
    const deleted = await eachWithLogs(db, wholeOf(task, 'days'), id => operator.deleteJobLogs(id, CALLER))
    return `Job instances whose job logs were deleted: ${deleted}.`
  },
  async BATCH_APP_EN_MAINT({ db }, task) {
    await setMaintenance(db, { on: true, reason: task['reason'] ?? null, expected: null, by: SYSTEM_USER })
    return 'The server is in maintenance.'
  },
  async BATCH_APP_EN_SERVICE({ db }) {
    await setMaintenance(db, { on: false, reason: null, expected: null, by: SYSTEM_USER })
    return 'The server is back in service.'
  },
  BATCH_PURGE_PLAN: (options, task, instanceId) => executePlan(options, instanceId, task),
  BATCH_VACUUM: async ({ longDb }) => `Tables tidied up: ${await vacuumTables(longDb)}.`
}

/** How many it was done to. */
async function eachWithLogs(
  db: Database,
  days: number,
  work: (instanceId: number) => Promise<void>
): Promise<number> {
  let done = 0
  for (let after = 0; ;) {
    const page = await endedWithLogs(db, { days, after, limit: PAGE })
    for (const instanceId of page) if ((await passing(work(instanceId))) !== false) done++
    if (page.length < PAGE) return done
    after = page.at(-1)!
  }
}

/** What is refused for one changed meanwhile, or is held: the others are done all the same. `false` then. */
async function passing<T>(work: Promise<T>): Promise<T | false> {
  try {
    return await work
  } catch (error) {
    if (error instanceof BatchError && error.code !== 'ServerStopping' && error.code !== 'DatabaseAway')
      return false
    throw error
  }
}

function wholeOf(task: SystemTask, name: string): number {
  const text = task[name] ?? ''
  if (!/^\d{1,6}$/.test(text))
    throw new Error(`The parameter ${name} must be a whole number, not "${text.slice(0, 40)}".`)
  return Number(text)
}
