// Reads job instances.
import type { BatchStatus } from '../batch/batch-status.ts'
import type { InstanceState } from '../batch/instance-state.ts'
import type { JobInstance } from '../batch/job-records.ts'
import { type Database, rows } from './database.ts'

interface JobInstanceRow {
  instance_id: number
  job_name: string
  app_name: string
  submitter: string
  batch_status: BatchStatus
  exit_status: string | null
  instance_state: InstanceState
  job_xml_name: string
  create_time: Date
  last_updated_time: Date
  executions: number
}

const COLUMNS = /* sql */ `instance_id, job_name, app_name, submitter, batch_status, exit_status, instance_state,
  job_xml_name, create_time, last_updated_time, executions`

function jobInstance(row: JobInstanceRow): JobInstance {
  return {
    instanceId: row.instance_id,
    jobName: row.job_name,
    appName: row.app_name,
    submitter: row.submitter,
    batchStatus: row.batch_status,
    exitStatus: row.exit_status,
    instanceState: row.instance_state,
    jobXMLName: row.job_xml_name,
    createTime: row.create_time,
    lastUpdatedTime: row.last_updated_time,
    executions: row.executions
  }
}

export async function findJobInstance(db: Database, instanceId: number): Promise<JobInstance | null> {
  const [row] = await rows<JobInstanceRow>(
    db,
    `select ${COLUMNS} from job_instance where instance_id = :instanceId`,
    { instanceId }
  )
  return row === undefined ? null : jobInstance(row)
}

/** Newest first (createTime, then id); the page is cut in SQL. */
export async function listJobInstances(
  db: Database,
  paging: { readonly page: number; readonly pageSize: number }
): Promise<JobInstance[]> {
  const found = await rows<JobInstanceRow>(
    db,
    `select ${COLUMNS} from job_instance order by create_time desc, instance_id desc limit :limit offset :offset`,
    { limit: paging.pageSize, offset: paging.page * paging.pageSize }
  )
  return found.map(jobInstance)
}

/** What a restart or a recovery needs beside the record. */
export async function findJobDefinitionOf(
  db: Database,
  instanceId: number
): Promise<{ xmlId: number; inline: boolean; submitter: string } | null> {
  const [row] = await rows<{ xmlId: number; inline: boolean; submitter: string }>(
    db,
    'select xml_id as "xmlId", inline, submitter from job_instance where instance_id = :instanceId',
    { instanceId }
  )
  return row ?? null
}
