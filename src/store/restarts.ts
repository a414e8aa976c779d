// A restart: the next execution of an instance, decided under the lock of its row, so that of two at once exactly one wins.
import type { BatchStatus } from '../batch/batch-status.ts'
import type { InstanceState } from '../batch/instance-state.ts'
import { type Database, rows } from './database.ts'
import { parameterRows } from './submissions.ts'

export interface LatestExecution {
  readonly instanceId: number
  readonly executionId: number
  readonly executionNumber: number
  readonly instanceState: InstanceState
  readonly batchStatus: BatchStatus
  readonly application: string
  readonly purging: boolean
}

/** Locks the instance and reads where it stands; `null` when there is none. In a transaction. */
export async function lockForRestart(trx: Database, instanceId: number): Promise<LatestExecution | null> {
  const [latest] = await rows<LatestExecution>(
    trx,
    /* sql */ `select i.instance_id as "instanceId", i.latest_execution_id as "executionId",
      i.executions - 1 as "executionNumber", i.instance_state as "instanceState", i.batch_status as "batchStatus",
      i.application, i.purge_incarnation is not null as purging
    from job_instance i where i.instance_id = :instanceId for update`,
    { instanceId }
  )
  return latest ?? null
}

/** Steps of the latest execution that are not final: a restart waits for none and is refused (should not be). */
export async function insertRestart(
  trx: Database,
  restart: {
    readonly latest: LatestExecution
    readonly jobParameters: Readonly<Record<string, string>>
    readonly jobName: string
    readonly priority: number
    readonly delaySeconds: number
  }
): Promise<number> {
  const [ids] = await rows<{ executionId: number; unitId: number }>(
    trx,
    `select nextval('job_execution_id') as "executionId", nextval('unit_id') as "unitId"`
  )
  const { executionId, unitId } = ids!
  await rows(
    trx,
    /* sql */ `
    with execution as (
      insert into job_execution (execution_id, instance_id, execution_number, batch_status)
      values (:executionId, :instanceId, :executionNumber, 'STARTING')
    ), parameter as (
      insert into job_parameter (execution_id, ordinal, name, value)
      select * from json_to_recordset(:parameters::json) as p ("executionId" bigint, ordinal integer, name text, value text)
    ), unit as (
      insert into unit (unit_id, kind, root_id, instance_id, execution_id, application, status, waits_for, priority, ready_time)
      select :unitId::bigint, 'execution', :unitId::bigint, :instanceId::bigint, :executionId::bigint, :application,
        case when :delay::float8 > 0 then 'WAITING' else 'READY' end, case when :delay::float8 > 0 then 'delay' end,
        :priority::int, clock_timestamp() + :delay::float8 * interval '1 second'
    )
    update job_instance set batch_status = 'STARTING', instance_state = 'SUBMITTED', executions = executions + 1,
      latest_execution_id = :executionId, job_name = :jobName, last_updated_time = clock_timestamp()
    where instance_id = :instanceId and instance_state in ('STOPPED', 'FAILED')`,
    {
      executionId,
      unitId,
      instanceId: restart.latest.instanceId,
      executionNumber: restart.latest.executionNumber + 1,
      application: restart.latest.application,
      jobName: restart.jobName,
      priority: restart.priority,
      delay: restart.delaySeconds,
      parameters: JSON.stringify(parameterRows(executionId, restart.jobParameters))
    }
  )
  return executionId
}
