// Reads step executions with their metrics and partitions: one statement however many there are.
import type { BatchStatus } from '../batch/batch-status.ts'
import type { PartitionExecution, StepExecution } from '../batch/job-records.ts'
import { metricsJson, metricsOf } from './counters.ts'
import { type Database, rows } from './database.ts'
import { fromBytes } from './structured.ts'

interface PartitionJson {
  partitionNumber: number
  batchStatus: BatchStatus
  exitStatus: string | null
  startTime: string | null
  endTime: string | null
  serverId: string
  restUrl: string
  metrics: Record<string, number>
}

interface StepExecutionRow {
  step_execution_id: number
  execution_id: number
  instance_id: number
  step_name: string
  batch_status: BatchStatus
  exit_status: string | null
  start_time: Date
  end_time: Date | null
  message: string | null
  persistent_user_data: Buffer | null
  metrics: Record<string, number>
  partitions: PartitionJson[]
}

// A partitioned step's own counters are the sum over its partitions.
const SELECT = /* sql */ `
  select s.step_execution_id, s.execution_id, s.instance_id, s.step_name, s.batch_status, s.exit_status, s.start_time,
    s.end_time, s.message, s.persistent_user_data,
    case when s.partitioned then p.metrics else ${metricsJson('s', 'one')} end as metrics,
    coalesce(p.partitions, '[]') as partitions
  from step_execution s
    left join lateral (
      select ${metricsJson('p', 'sum')} as metrics,
        json_agg(json_build_object('partitionNumber', p.partition_number, 'batchStatus', p.batch_status,
          'exitStatus', p.exit_status, 'startTime', p.start_time, 'endTime', p.end_time, 'serverId', p.server_id,
          'restUrl', p.rest_url, 'metrics', ${metricsJson('p', 'one')}) order by p.partition_number) as partitions
      from partition p where s.partitioned and p.step_execution_id = s.step_execution_id and not p.carried_over
    ) p on true`

function partitionExecution(json: PartitionJson): PartitionExecution {
  return {
    ...json,
    startTime: json.startTime === null ? null : new Date(json.startTime),
    endTime: json.endTime === null ? null : new Date(json.endTime),
    metrics: metricsOf(json.metrics)
  }
}

function stepExecution(row: StepExecutionRow): StepExecution {
  return {
    stepExecutionId: row.step_execution_id,
    executionId: row.execution_id,
    instanceId: row.instance_id,
    stepName: row.step_name,
    batchStatus: row.batch_status,
    exitStatus: row.exit_status,
    startTime: row.start_time,
    endTime: row.end_time,
    persistentUserData: fromBytes(row.persistent_user_data),
    metrics: metricsOf(row.metrics),
    message: row.message,
    partitions: row.partitions.map(partitionExecution)
  }
}

async function find(
  db: Database,
  where: string,
  bindings: Readonly<Record<string, unknown>>
): Promise<StepExecution[]> {
  const found = await rows<StepExecutionRow>(
    db,
    `${SELECT} where ${where} order by s.start_time, s.step_execution_id`,
    bindings
  )
  return found.map(stepExecution)
}

/** By start time. */
export async function listStepExecutions(db: Database, executionId: number): Promise<StepExecution[]> {
  return await find(db, 's.execution_id = :executionId', { executionId })
}

/** Of all executions of an instance, oldest first. */
export async function listInstanceSteps(db: Database, instanceId: number): Promise<StepExecution[]> {
  return await find(db, 's.instance_id = :instanceId', { instanceId })
}

export async function findStepExecution(
  db: Database,
  stepExecutionId: number
): Promise<StepExecution | null> {
  const [found] = await find(db, 's.step_execution_id = :stepExecutionId', { stepExecutionId })
  return found ?? null
}

/** Those of the ids that exist, by start time. */
export async function findStepExecutions(
  db: Database,
  stepExecutionIds: readonly number[]
): Promise<StepExecution[]> {
  return await find(db, 's.step_execution_id = any(:stepExecutionIds::bigint[])', { stepExecutionIds })
}
