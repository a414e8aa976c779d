// A restart: the next execution of an instance, decided under the lock of its row, so that of two at once exactly one wins.
import type { BatchStatus } from '../batch/batch-status.ts'
import type { InstanceState } from '../batch/instance-state.ts'
import { type Database, rows } from './database.ts'
import { IN_MAINTENANCE } from './maintenance.ts'
import { parameterRows, type WaitingState } from './submissions.ts'
import { insertUnits, UNIT_COLUMNS, type unitColumns } from './unit-inserts.ts'

export interface LatestExecution {
  readonly instanceId: number
  readonly executionId: number
  readonly executionNumber: number
  readonly instanceState: InstanceState
  readonly batchStatus: BatchStatus
  readonly application: string
  readonly purging: boolean
  readonly inMaintenance: boolean
  /** Names of those that its definition declares secret. */
  readonly secretParameters: readonly string[]
}

const LATEST = /* sql */ `select i.instance_id as "instanceId", i.latest_execution_id as "executionId",
      i.executions - 1 as "executionNumber", i.instance_state as "instanceState", i.batch_status as "batchStatus",
      i.application, i.purge_incarnation is not null as purging, ${IN_MAINTENANCE} as "inMaintenance",
      coalesce((select r.secret_parameters from run r where r.instance_id = i.instance_id), '{}') as "secretParameters"
    from job_instance i where i.instance_id = :instanceId`

/** Locks the instance and reads where it stands; `null` when there is none. In a transaction. */
export async function lockForRestart(trx: Database, instanceId: number): Promise<LatestExecution | null> {
  const [latest] = await rows<LatestExecution>(trx, `${LATEST} for update`, { instanceId })
  return latest ?? null
}

/** The same as it stands just now, for whoever only wants to know. */
export async function readForRestart(db: Database, instanceId: number): Promise<LatestExecution | null> {
  const [latest] = await rows<LatestExecution>(db, LATEST, { instanceId })
  return latest ?? null
}

/** Where the execution after this one begins; `null` = at the first element (JSR-352 §10.8). */
export async function findRestartOn(db: Database, executionId: number): Promise<string | null> {
  const [found] = await rows<{ restartOn: string | null }>(
    db,
    'select restart_on as "restartOn" from job_execution where execution_id = :executionId',
    { executionId }
  )
  return found?.restartOn ?? null
}

/** Inserts the next execution; caps are locked before the instance, so `columns` were made before `lockForRestart` (E1). */
export async function insertRestart(
  trx: Database,
  restart: {
    readonly latest: LatestExecution
    readonly jobParameters: Readonly<Record<string, string>>
    readonly jobName: string
    readonly instanceState: WaitingState
    readonly columns: Awaited<ReturnType<typeof unitColumns>>[number]
  }
): Promise<number> {
  const [ids] = await rows<{ executionId: number; unitId: number }>(
    trx,
    `select nextval('job_execution_id') as "executionId", nextval('unit_id') as "unitId"`
  )
  const { executionId } = ids!
  const { instanceId, application } = restart.latest
  await rows(
    trx,
    /* sql */ `
    with restart as (
      select * from json_to_record(:restart::json) as r ("instanceId" bigint, "executionId" bigint, "unitId" bigint,
        application text, ${UNIT_COLUMNS})
    ), execution as (
      insert into job_execution (execution_id, instance_id, execution_number, batch_status)
      values (:executionId, :instanceId, :executionNumber, 'STARTING')
    ), parameter as (
      insert into job_parameter (execution_id, ordinal, name, value, instance_id, instance_time)
      select p.*, i.instance_id, i.create_time
      from json_to_recordset(:parameters::json) as p ("executionId" bigint, ordinal integer, name text, value text)
        join job_instance i on i.instance_id = :instanceId
    ), unit as (${insertUnits('restart')})
    update job_instance set batch_status = 'STARTING', instance_state = :instanceState, executions = executions + 1,
      latest_execution_id = :executionId, job_name = :jobName, last_updated_time = clock_timestamp()
    where instance_id = :instanceId and instance_state in ('STOPPED', 'FAILED')`,
    {
      executionId,
      instanceId,
      executionNumber: restart.latest.executionNumber + 1,
      jobName: restart.jobName,
      instanceState: restart.instanceState,
      restart: JSON.stringify({ ...ids, instanceId, application, ...restart.columns }),
      parameters: JSON.stringify(parameterRows(executionId, restart.jobParameters))
    }
  )
  return executionId
}
