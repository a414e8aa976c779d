// Starts and ends of step executions, guarded by the claim of the unit that runs the step (ENGINE E2, E12).
import type { BatchStatus } from '../batch/batch-status.ts'
import type { Metrics } from '../batch/metrics.ts'
import { metricsJson, metricsOf } from './counters.ts'
import { type Database, preparedRows } from './database.ts'
import { fromBytes } from './structured.ts'

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
  readonly jobExitStatus: string | null
  readonly starts: number
}

/** The latest attempt of each step of an instance. */
export async function latestSteps(db: Database, instanceId: number): Promise<PreviousStepRow[]> {
  return await preparedRows<PreviousStepRow>(
    db,
    // What an index holds is counted; a restart after very many others reads the row of each step's newest attempt only.
    /* sql */ `with latest as (
      select max(step_execution_id) as step_execution_id, count(*)::int as starts from step_execution
      where instance_id = :instanceId group by step_name
    )
    select s.step_execution_id as "stepExecutionId", s.execution_id as "executionId", s.step_name as "stepName",
      s.batch_status as "batchStatus", s.exit_status as "exitStatus", s.job_exit_status as "jobExitStatus", latest.starts
    from latest join step_execution s using (step_execution_id) order by s.step_name`,
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
    readonly planProperties: Readonly<Record<string, string>>
    readonly batchStatus: BatchStatus
    readonly exitStatus: string | null
  }[]
}

interface StartedRow {
  unitId: number
  step_execution_id: number
  persistent_user_data: Buffer | null
  reader_checkpoint: Buffer | null
  writer_checkpoint: Buffer | null
  chunk_number: number
  metrics: Record<string, number>
  partitions: StartedStepRow['partitions'] | null
}

export interface StepStart extends Claim {
  readonly stepName: string
  /**
   * fresh: without checkpoints and partitions of the latest attempt; its persistent user data and chunk number are carried
   * over all the same. continue: with all it left.
   */
  readonly mode: 'fresh' | 'continue'
  /** The exit status of the job's context so far. */
  readonly jobExitStatus?: string | null
}

/**
 * Makes step executions (STARTED), or, where this very execution was interrupted in one, goes on with its row; so it may be
 * repeated after a commit in doubt. `null` in a step's place: its claim is not ours any more.
 */
export async function startSteps(
  db: Database,
  starts: readonly StepStart[]
): Promise<(StartedStepRow | null)[]> {
  const found = await preparedRows<StartedRow>(
    db,
    /* sql */ `
    with given as (
      select * from json_to_recordset(:starts::json) as g ("unitId" bigint, epoch integer, "stepName" text, mode text,
        "jobExitStatus" text)
    ), mine as (
      select u.*, g."stepName", g.mode, g."jobExitStatus" from unit u join given g on u.unit_id = g."unitId" and u.epoch = g.epoch
      where u.status in ('STARTED', 'STOPPING') order by u.unit_id for update of u
    ), latest as (
      select mine.unit_id as by_unit, mine.execution_id as by_execution, mine.instance_id as of_instance,
        mine.status as unit_status, mine."stepName", mine.mode, mine."jobExitStatus", s.*
      from mine left join lateral (
        select * from step_execution s where s.instance_id = mine.instance_id and s.step_name = mine."stepName"
        order by s.step_execution_id desc limit 1
      ) s on true
    ), interrupted as (
      update step_execution s set last_updated_time = clock_timestamp(), unit_id = l.by_unit,
        batch_status = case when l.unit_status = 'STOPPING' then 'STOPPING' else 'STARTED' end
      from latest l where s.step_execution_id = l.step_execution_id and l.execution_id = l.by_execution
        and l.batch_status in ('STARTED', 'STOPPING')
      returning s.*
    ), fresh as (
      insert into step_execution (step_execution_id, execution_id, instance_id, step_name, unit_id, batch_status,
        persistent_user_data, reader_checkpoint, writer_checkpoint, chunk_number, partitioned, job_exit_status)
      select nextval('step_execution_id'), l.by_execution, l.of_instance, l."stepName", l.by_unit,
        case when l.unit_status = 'STOPPING' then 'STOPPING' else 'STARTED' end, l.persistent_user_data,
        case when l.mode = 'continue' then l.reader_checkpoint end,
        case when l.mode = 'continue' then l.writer_checkpoint end, coalesce(l.chunk_number, 0), false,
        l."jobExitStatus"
      from latest l where l.execution_id is distinct from l.by_execution or l.batch_status not in ('STARTED', 'STOPPING')
      returning *
    ), begun as (select * from interrupted union all select * from fresh)
    select s.unit_id as "unitId", s.step_execution_id, s.persistent_user_data, s.reader_checkpoint, s.writer_checkpoint,
      s.chunk_number, ${metricsJson('s', 'one')} as metrics,
      (select json_agg(json_build_object('partitionNumber', p.partition_number, 'batchStatus', p.batch_status,
          'exitStatus', p.exit_status, 'planProperties', p.plan_properties) order by p.partition_number)
        from partition p where l.mode = 'continue' and l.step_execution_id is not null
          and p.step_execution_id = ${LATEST_PARTITIONED}) as partitions
    from begun s join latest l on l.by_unit = s.unit_id`,
    { starts: JSON.stringify(starts) }
  )
  const byUnit = new Map(found.map(row => [row.unitId, row]))
  return starts.map(({ unitId }) => startedStep(byUnit.get(unitId)))
}

function startedStep(row: StartedRow | undefined): StartedStepRow | null {
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
