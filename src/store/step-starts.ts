// Starts and ends of step executions, guarded by the claim of the unit that runs the step (ENGINE E2, E12).
import type { BatchStatus, EndStatus } from '../batch/batch-status.ts'
import type { Metrics } from '../batch/metrics.ts'
import { countersIfGiven, metricsJson, metricsOf } from './counters.ts'
import { type Database, rows } from './database.ts'
import { fromBytes, toBytes } from './structured.ts'

/**
 * The attempt whose partitions are gone on with: the latest that planned any, since the step was last COMPLETED (an attempt
 * whose mapper failed planned none). For a row `s` of the step's newest attempt.
 */
export const LATEST_PARTITIONED = /* sql */ `(
  select max(b.step_execution_id) from step_execution b
  where b.instance_id = s.instance_id and b.step_name = s.step_name and b.partitioned
    and b.step_execution_id > coalesce((
      select max(c.step_execution_id) from step_execution c where c.instance_id = s.instance_id
        and c.step_name = s.step_name and c.batch_status = 'COMPLETED'), 0))`

/** Whose claim guards a write: no unit of this id and epoch, and nothing is written. */
export interface Claim {
  readonly unitId: number
  readonly epoch: number
}

/** What an earlier execution of the instance left of a step, and how often it was started. */
export interface PreviousStepRow {
  readonly stepExecutionId: number
  readonly executionId: number
  readonly stepName: string
  readonly batchStatus: BatchStatus
  readonly exitStatus: string | null
  readonly starts: number
}

/** The latest attempt of each step of an instance. */
export async function latestSteps(db: Database, instanceId: number): Promise<PreviousStepRow[]> {
  return await rows<PreviousStepRow>(
    db,
    /* sql */ `select distinct on (step_name) step_execution_id as "stepExecutionId", execution_id as "executionId",
      step_name as "stepName", batch_status as "batchStatus", exit_status as "exitStatus",
      (count(*) over (partition by step_name))::int as starts
    from step_execution where instance_id = :instanceId order by step_name, step_execution_id desc`,
    { instanceId }
  )
}

export interface StartedStepRow {
  readonly stepExecutionId: number
  readonly persistentUserData: unknown
  readonly readerCheckpoint: unknown
  readonly writerCheckpoint: unknown
  readonly chunkNumber: number
  readonly metrics: Metrics
  readonly partitions: readonly {
    readonly partitionNumber: number
    readonly batchStatus: BatchStatus
    readonly exitStatus: string | null
  }[]
}

interface StartedRow {
  step_execution_id: number
  persistent_user_data: Buffer | null
  reader_checkpoint: Buffer | null
  writer_checkpoint: Buffer | null
  chunk_number: number
  metrics: Record<string, number>
  partitions: StartedStepRow['partitions'] | null
}

/**
 * Makes the step execution (STARTED), or, where this very execution was interrupted in it, goes on with its row. `null`:
 * the claim is not ours any more. mode `fresh`: without checkpoints and partitions of the latest attempt; its persistent
 * user data and chunk number are carried over all the same.
 */
export async function startStep(
  db: Database,
  claim: Claim,
  step: { readonly stepName: string; readonly mode: 'fresh' | 'continue' }
): Promise<StartedStepRow | null> {
  const [row] = await rows<StartedRow>(
    db,
    /* sql */ `
    with mine as (
      select * from unit where unit_id = :unitId and epoch = :epoch and status in ('STARTED', 'STOPPING') for update
    ), latest as (
      select s.* from step_execution s join mine on s.instance_id = mine.instance_id
      where s.step_name = :stepName order by s.step_execution_id desc limit 1
    ), interrupted as (
      update step_execution s set batch_status = case when mine.status = 'STOPPING' then 'STOPPING' else 'STARTED' end,
        last_updated_time = clock_timestamp()
      from mine, latest where s.step_execution_id = latest.step_execution_id and latest.execution_id = mine.execution_id
        and latest.batch_status in ('STARTED', 'STOPPING')
      returning s.*
    ), fresh as (
      insert into step_execution (step_execution_id, execution_id, instance_id, step_name, unit_id, batch_status,
        persistent_user_data, reader_checkpoint, writer_checkpoint, chunk_number, partitioned)
      select nextval('step_execution_id'), mine.execution_id, mine.instance_id, :stepName, mine.unit_id,
        case when mine.status = 'STOPPING' then 'STOPPING' else 'STARTED' end, latest.persistent_user_data,
        case when :mode = 'continue' then latest.reader_checkpoint end,
        case when :mode = 'continue' then latest.writer_checkpoint end, coalesce(latest.chunk_number, 0), false
      from mine left join latest on true where not exists (select from interrupted)
      returning *
    ), begun as (select * from interrupted union all select * from fresh)
    select s.step_execution_id, s.persistent_user_data, s.reader_checkpoint, s.writer_checkpoint, s.chunk_number,
      ${metricsJson('s', 'one')} as metrics,
      (select json_agg(json_build_object('partitionNumber', p.partition_number, 'batchStatus', p.batch_status,
          'exitStatus', p.exit_status) order by p.partition_number)
        from partition p where :mode = 'continue' and p.step_execution_id = ${LATEST_PARTITIONED}) as partitions
    from begun s`,
    { ...claim, ...step }
  )
  if (row === undefined) return null
  return {
    stepExecutionId: row.step_execution_id,
    persistentUserData: fromBytes(row.persistent_user_data),
    readerCheckpoint: fromBytes(row.reader_checkpoint),
    writerCheckpoint: fromBytes(row.writer_checkpoint),
    chunkNumber: row.chunk_number,
    metrics: metricsOf(row.metrics),
    partitions: row.partitions ?? []
  }
}

export interface StepEnd {
  readonly stepExecutionId: number
  readonly batchStatus: EndStatus
  readonly exitStatus: string
  readonly persistentUserData: unknown
  readonly message: string | null
  readonly metrics: Metrics | null
}

/** Gives what was stored: COMPLETED that finds a stop requested is STOPPED. `null`: the claim is not ours any more. */
export async function endStep(db: Database, claim: Claim, end: StepEnd): Promise<EndStatus | null> {
  const [row] = await rows<{ batch_status: EndStatus }>(
    db,
    /* sql */ `
    with mine as (
      select status from unit where unit_id = :unitId and epoch = :epoch and status in ('STARTED', 'STOPPING') for update
    ), given as (
      select case when status = 'STOPPING' and :batchStatus = 'COMPLETED' then 'STOPPED' else :batchStatus end as final,
        :metrics::json as metrics
      from mine
    )
    update step_execution s set batch_status = given.final,
      exit_status = case when :exitStatus = 'COMPLETED' then given.final else :exitStatus end,
      end_time = clock_timestamp(), last_updated_time = clock_timestamp(), message = :message,
      persistent_user_data = :userData, ${countersIfGiven('given.metrics', 's')}
    from given where s.step_execution_id = :stepExecutionId and s.batch_status in ('STARTED', 'STOPPING')
    returning s.batch_status`,
    {
      ...claim,
      stepExecutionId: end.stepExecutionId,
      batchStatus: end.batchStatus,
      exitStatus: end.exitStatus,
      message: end.message,
      userData: toBytes(end.persistentUserData),
      metrics: end.metrics === null ? null : JSON.stringify(end.metrics)
    }
  )
  return row?.batch_status ?? null
}
