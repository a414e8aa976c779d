// Reads job executions with their parameters and, where Liberty shows them, their steps: one statement each.
import type { BatchStatus } from '../batch/batch-status.ts'
import type { Interruption, JobExecution } from '../batch/job-records.ts'
import { type Database, rows } from './database.ts'

interface JobExecutionRow {
  execution_id: number
  instance_id: number
  job_name: string
  execution_number: number
  batch_status: BatchStatus
  exit_status: string | null
  create_time: Date
  start_time: Date | null
  end_time: Date | null
  last_updated_time: Date
  server_id: string
  rest_url: string
  log_path: string
  reason: string | null
  interruptions: Interruption[]
  parameters: [name: string, value: string][]
  secret_parameters: string[] | null
  steps: StepSummary[]
}

/** A step as the execution's own record shows it. */
export interface StepSummary {
  readonly stepExecutionId: number
  readonly stepName: string
  readonly batchStatus: BatchStatus
  readonly exitStatus: string | null
}

export type JobExecutionWithSteps = JobExecution & { readonly steps: readonly StepSummary[] }

// The lastUpdatedTime shown is the greatest of the execution's own, its steps' and its partitions': a chunk commit writes
// only its step's or partition's row (ENGINE, Records).
const SELECT = /* sql */ `
  select e.execution_id, e.instance_id, i.job_name, e.execution_number, e.batch_status, e.exit_status, e.create_time,
    e.start_time, e.end_time, e.server_id, e.rest_url, e.log_path, e.reason, e.interruptions,
    coalesce(p.parameters, '[]') as parameters,
    (select nullif(r.secret_parameters, '{}') from run r where r.instance_id = e.instance_id) as secret_parameters, coalesce(s.steps, '[]') as steps,
    case when e.end_time is not null then e.last_updated_time
      else greatest(e.last_updated_time, s.last_updated_time, t.last_updated_time) end as last_updated_time
  from job_execution e join job_instance i using (instance_id)
    left join lateral (
      select json_agg(json_build_array(name, value) order by ordinal) as parameters
      from job_parameter where execution_id = e.execution_id
    ) p on true
    left join lateral (
      select json_agg(json_build_object('stepExecutionId', step_execution_id, 'stepName', step_name,
          'batchStatus', batch_status, 'exitStatus', exit_status) order by start_time, step_execution_id) as steps,
        max(last_updated_time) as last_updated_time
      from step_execution where execution_id = e.execution_id
    ) s on true
    left join lateral (
      select max(last_updated_time) as last_updated_time from partition
      where e.end_time is null and execution_id = e.execution_id
    ) t on true`

function jobExecution(row: JobExecutionRow): JobExecutionWithSteps {
  return {
    executionId: row.execution_id,
    instanceId: row.instance_id,
    jobName: row.job_name,
    executionNumber: row.execution_number,
    batchStatus: row.batch_status,
    exitStatus: row.exit_status,
    createTime: row.create_time,
    startTime: row.start_time,
    endTime: row.end_time,
    lastUpdatedTime: row.last_updated_time,
    jobParameters: parametersOf(row.parameters),
    ...(row.secret_parameters === null ? {} : { secretParameters: row.secret_parameters }),
    serverId: row.server_id,
    restUrl: row.rest_url,
    logPath: row.log_path,
    reason: row.reason,
    ...(row.interruptions.length === 0 ? {} : { interruptions: row.interruptions }),
    steps: row.steps
  }
}

/** A record without a prototype's surprises: a parameter may be called `__proto__`. */
export function parametersOf(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const parameters: Record<string, string> = {}
  for (const [name, value] of pairs)
    Object.defineProperty(parameters, name, { value, enumerable: true, writable: true, configurable: true })
  return parameters
}

async function find(
  db: Database,
  where: string,
  bindings: Readonly<Record<string, unknown>>
): Promise<JobExecutionWithSteps[]> {
  const found = await rows<JobExecutionRow>(db, `${SELECT} where ${where}`, bindings)
  return found.map(jobExecution)
}

export async function findJobExecution(
  db: Database,
  executionId: number
): Promise<JobExecutionWithSteps | null> {
  const [found] = await find(db, 'e.execution_id = :executionId', { executionId })
  return found ?? null
}

/** By its sequence number from 0. */
export async function findJobExecutionByNumber(
  db: Database,
  instanceId: number,
  executionNumber: number
): Promise<JobExecutionWithSteps | null> {
  const [found] = await find(db, 'e.instance_id = :instanceId and e.execution_number = :executionNumber', {
    instanceId,
    executionNumber
  })
  return found ?? null
}

/** Newest first. */
export async function listJobExecutions(db: Database, instanceId: number): Promise<JobExecutionWithSteps[]> {
  return await find(db, 'e.instance_id = :instanceId order by e.execution_number desc', { instanceId })
}
