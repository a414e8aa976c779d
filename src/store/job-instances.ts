// Reads job instances.
import type { BatchStatus } from '../batch/batch-status.ts'
import type { InstanceState } from '../batch/instance-state.ts'
import type { JobInstance } from '../batch/job-records.ts'
import { type Database, rows } from './database.ts'
import { orderOf, pageStatement, type PageStatement } from './instance-page.ts'
import { type InstanceScope, type InstanceSearch, WHOLE_REPOSITORY } from './instance-selection.ts'

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
  jes_job_name: string | null
  jes_job_id: string | null
}

const COLUMNS = /* sql */ `i.instance_id, i.job_name, i.app_name, i.submitter, i.batch_status, i.exit_status, i.instance_state,
  i.job_xml_name, i.create_time, i.last_updated_time, i.executions`

const SUBMITTER_PARAMETER = 'com.ibm.ws.batch.submitter.'

/**
 * What a job's newest execution was told of its name and id with z/OS's JES. By `left`, so that no plan looks for the name
 * among the parameters of all executions.
 */
const JES_NAMES = /* sql */ `lateral (
    select max(p.value) filter (where p.name = '${SUBMITTER_PARAMETER}jobName') as jes_job_name,
      max(p.value) filter (where p.name = '${SUBMITTER_PARAMETER}jobId') as jes_job_id
    from job_parameter p
    where p.execution_id = i.latest_execution_id and left(p.name, ${SUBMITTER_PARAMETER.length}) = '${SUBMITTER_PARAMETER}'
  ) jes`

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
    executions: row.executions,
    ...(row.jes_job_name === null ? {} : { jesJobName: row.jes_job_name }),
    ...(row.jes_job_id === null ? {} : { jesJobId: row.jes_job_id })
  }
}

export async function findJobInstance(db: Database, instanceId: number): Promise<JobInstance | null> {
  const [row] = await rows<JobInstanceRow>(
    db,
    `select ${COLUMNS}, jes.* from job_instance i, ${JES_NAMES} where i.instance_id = :instanceId`,
    { instanceId }
  )
  return row === undefined ? null : jobInstance(row)
}

/** A page of what `search` selects within `scope`, in its order: one statement, whatever is asked. */
export async function listJobInstances(
  db: Database,
  search: InstanceSearch,
  scope: InstanceScope = WHOLE_REPOSITORY
): Promise<JobInstance[]> {
  const { sql, bindings } = listStatement(search, scope)
  return (await rows<JobInstanceRow>(db, sql, bindings)).map(jobInstance)
}

/** The statement of `listJobInstances`, for those who measure it. */
export function listStatement(search: InstanceSearch, scope: InstanceScope): PageStatement {
  const { sql, bindings } = pageStatement(search, scope, `${COLUMNS}, i.latest_execution_id`)
  // The JES names are looked up for the page, not for all that was looked at to find it.
  return { sql: `select i.*, jes.* from (${sql}) i, ${JES_NAMES} order by ${orderOf(search.sort)}`, bindings }
}

/** The ids of the same page. */
export async function selectInstances(
  db: Database,
  search: InstanceSearch,
  scope: InstanceScope
): Promise<number[]> {
  const { sql, bindings } = pageStatement(search, scope, COLUMNS)
  return (await rows<JobInstanceRow>(db, sql, bindings)).map(row => row.instance_id)
}

/** What a restart or a recovery needs beside the record. */
export async function findJobDefinitionOf(
  db: Database,
  instanceId: number
): Promise<StoredJobDefinition | null> {
  const [row] = await rows<StoredJobDefinition>(
    db,
    /* sql */ `select xml_id as "xmlId", inline, submitter, application, operation_groups as "operationGroups"
    from job_instance where instance_id = :instanceId`,
    { instanceId }
  )
  return row ?? null
}

export interface StoredJobDefinition {
  readonly xmlId: number
  readonly inline: boolean
  readonly submitter: string
  readonly application: string
  readonly operationGroups: readonly string[]
}
