// Stores submitted jobs: instance, first execution, parameters and unit of each in one statement, which is one commit for
// however many were submitted at that moment (ENGINE E5).
import { type Database, rows } from './database.ts'

/** What a submission leaves in the store; its length and text rules were checked before. */
export interface StoredSubmission {
  readonly jobName: string
  readonly appName: string
  readonly application: string
  readonly jobXMLName: string
  readonly xmlId: number
  readonly inline: boolean
  readonly submitter: string
  readonly jobParameters: Readonly<Record<string, string>>
  readonly priority: number
  /** Seconds before it may begin; 0 = at once. */
  readonly delaySeconds: number
}

export interface SubmissionIds {
  readonly instanceId: number
  readonly executionId: number
  readonly unitId: number
}

/** Draws the ids of `count` submissions, so that a commit in doubt can be looked up (E5). */
export async function drawSubmissionIds(db: Database, count: number): Promise<SubmissionIds[]> {
  return await rows<SubmissionIds>(
    db,
    /* sql */ `select nextval('job_instance_id') as "instanceId", nextval('job_execution_id') as "executionId",
      nextval('unit_id') as "unitId" from generate_series(1, :count)`,
    { count }
  )
}

/** One commit; 23505 on a drawn id means that an earlier try had been committed. */
export async function insertSubmissions(
  db: Database,
  submissions: readonly (StoredSubmission & SubmissionIds)[]
): Promise<void> {
  await rows(
    db,
    /* sql */ `
    with submission as (
      select * from json_to_recordset(:submissions::json) as s (
        "instanceId" bigint, "executionId" bigint, "unitId" bigint, "jobName" text, "appName" text, application text,
        "jobXMLName" text, "xmlId" bigint, inline boolean, submitter text, priority integer, "delaySeconds" double precision)
    ), instance as (
      insert into job_instance (instance_id, job_name, app_name, application, job_xml_name, xml_id, inline, submitter,
        batch_status, instance_state, latest_execution_id)
      select "instanceId", "jobName", "appName", application, "jobXMLName", "xmlId", inline, submitter, 'STARTING', 'SUBMITTED',
        "executionId"
      from submission
    ), execution as (
      insert into job_execution (execution_id, instance_id, execution_number, batch_status)
      select "executionId", "instanceId", 0, 'STARTING' from submission
    ), parameter as (
      insert into job_parameter (execution_id, ordinal, name, value)
      select * from json_to_recordset(:parameters::json) as p ("executionId" bigint, ordinal integer, name text, value text)
    )
    insert into unit (unit_id, kind, root_id, instance_id, execution_id, application, status, waits_for, priority, ready_time)
    select "unitId", 'execution', "unitId", "instanceId", "executionId", application,
      case when "delaySeconds" > 0 then 'WAITING' else 'READY' end, case when "delaySeconds" > 0 then 'delay' end, priority,
      clock_timestamp() + "delaySeconds" * interval '1 second'
    from submission`,
    {
      submissions: JSON.stringify(submissions.map(({ jobParameters: _, ...submission }) => submission)),
      parameters: JSON.stringify(
        submissions.flatMap(({ executionId, jobParameters }) => parameterRows(executionId, jobParameters))
      )
    }
  )
}

interface ParameterRow {
  readonly executionId: number
  readonly ordinal: number
  readonly name: string
  readonly value: string
}

/** Parameters in the order they were given. */
export function parameterRows(
  executionId: number,
  jobParameters: Readonly<Record<string, string>>
): ParameterRow[] {
  return Object.entries(jobParameters).map(([name, value], ordinal) => ({
    executionId,
    ordinal,
    name,
    value
  }))
}
