// Ends of step executions, guarded by the claim of the unit that runs the step; a stop that came first decides (ENGINE E2, E11).
import type { EndStatus } from '../batch/batch-status.ts'
import type { Metrics } from '../batch/metrics.ts'
import { countersIfGiven } from './counters.ts'
import { type Database, preparedRows } from './database.ts'
import type { Claim } from './step-starts.ts'
import { toBytes } from './structured.ts'

export interface StepEnd extends Claim {
  readonly stepExecutionId: number
  readonly batchStatus: EndStatus
  readonly exitStatus: string
  /** As it began, where it is absent. */
  readonly jobExitStatus?: string | null
  readonly persistentUserData: unknown
  readonly message: string | null
  readonly metrics: Metrics | null
}

/** What an end writes, as JSON for `STEP_END_COLUMNS`. */
export function stepEndJson<End extends { readonly persistentUserData: unknown }>({
  persistentUserData,
  ...end
}: End) {
  return { ...end, userData: toBytes(persistentUserData)?.toString('hex') ?? null }
}

export const STEP_END_COLUMNS = /* sql */ `"stepExecutionId" bigint, "batchStatus" text, "exitStatus" text,
  "jobExitStatus" text, "userData" text, message text, metrics json`

/**
 * CTEs that end steps: `ended_step` are those that ended now. `ending`: a CTE with `STEP_END_COLUMNS` and the `status` and
 * `overdue` of the unit of each, which the statement has locked. `mayHavePartitions`: those of some of the steps.
 */
export function endStepsOf(ending: string, mayHavePartitions = true): string {
  const partitions = /* sql */ `unbegun as (
      -- Partitions that a stop kept from ever getting a unit.
      update partition p set batch_status = 'STOPPED', exit_status = 'STOPPED', end_time = clock_timestamp(),
        last_updated_time = clock_timestamp()
      from judged j where p.step_execution_id = j."stepExecutionId" and p.batch_status = 'STARTING'
    ), collected as (
      delete from collected_data d using judged j where d.step_execution_id = j."stepExecutionId"
    ),`
  return /* sql */ `judged as (
      select *, case when status = 'STOPPING' and overdue is not null then 'FAILED'
        when status = 'STOPPING' and "batchStatus" = 'COMPLETED' then 'STOPPED' else "batchStatus" end as final
      from ${ending}
    ), ${mayHavePartitions ? partitions : ''} ended_step as (
      update step_execution s set batch_status = j.final, end_time = clock_timestamp(),
        exit_status = case when j."exitStatus" = j."batchStatus" then j.final else j."exitStatus" end,
        job_exit_status = j."jobExitStatus", last_updated_time = clock_timestamp(), message = coalesce(j.message, j.overdue), persistent_user_data = decode(j."userData", 'hex'),
        ${countersIfGiven('j.metrics', 's')}
      from judged j where s.step_execution_id = j."stepExecutionId" and s.batch_status in ('STARTED', 'STOPPING')
      returning s.step_execution_id, s.batch_status
    )`
}

/**
 * Gives what was stored for each: COMPLETED that finds a stop requested is STOPPED, or FAILED when a time limit is why.
 * `null`: the claim is not ours any more.
 * May be repeated after a commit in doubt: what it stored then is given again.
 */
export async function endSteps(db: Database, ends: readonly StepEnd[]): Promise<(EndStatus | null)[]> {
  const found = await preparedRows<{ stepExecutionId: number; batchStatus: EndStatus }>(
    db,
    /* sql */ `
    with given as (
      select * from json_to_recordset(:ends::json) as g ("unitId" bigint, epoch integer, ${STEP_END_COLUMNS})
    ), mine as (
      select u.unit_id, u.status, u.overdue, g.* from unit u join given g on u.unit_id = g."unitId" and u.epoch = g.epoch
      where u.status in ('STARTED', 'STOPPING') order by u.unit_id for update of u
    ), ${endStepsOf('mine')}
    select step_execution_id as "stepExecutionId", batch_status as "batchStatus" from ended_step
    union all
    select s.step_execution_id, s.batch_status from step_execution s
      join mine on mine."stepExecutionId" = s.step_execution_id
    where s.batch_status in ('STOPPED', 'FAILED', 'COMPLETED')`,
    { ends: JSON.stringify(ends.map(stepEndJson)) }
  )
  const byId = new Map(found.map(row => [row.stepExecutionId, row.batchStatus]))
  return ends.map(({ stepExecutionId }) => byId.get(stepExecutionId) ?? null)
}
