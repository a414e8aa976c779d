// What the artifacts of bulk jobs say to the job repository: texts, since they run on the connection that an artifact is offered,
// with qualified names; in a file of their own, since every executor thread loads it.
import { SCHEMA } from './database.ts'

export interface TaskRow {
  readonly row: number
  readonly bucket: string
  readonly key: string
  readonly versionId: string | null
  readonly fields: Readonly<Record<string, string>> | null
}

/** $1 job number, $2 after this row, $3 up to this one, $4 how many. Gives TaskRows in order. */
export const NEXT_TASKS = /* sql */ `select task_row as row, bucket, object_key as key, version_id as "versionId", fields
  from ${SCHEMA}.bulk_task where job_number = $1 and task_row > $2 and task_row <= $3 order by task_row limit $4`

/** $1 job id. What a chunk must know of its job. */
export const BULK_RUN = /* sql */ `select j.job_number as "jobNumber", j.instance_id as "instanceId", j.task_count as total,
  j.request
  from ${SCHEMA}.bulk_job j where j.job_id = $1`

/** $1 job number. Asked before each chunk: does the job still run, and how many of its tasks came to what. */
export const BULK_PROGRESS = /* sql */ `select j.job_status as status, coalesce(sum(p.succeeded), 0)::bigint as succeeded,
  coalesce(sum(p.failed), 0)::bigint as failed
  from ${SCHEMA}.bulk_job j left join ${SCHEMA}.bulk_progress p using (job_number)
  where j.job_number = $1 group by j.job_number, j.job_status`

/**
 * $1 job number, $2 partition number, then arrays: rows, succeeded, attempts, error codes, HTTP statuses, messages. A row that
 * is there already is an error: no task has two outcomes.
 */
export const STORE_OUTCOMES = /* sql */ `with outcome as (
    insert into ${SCHEMA}.bulk_outcome (job_number, task_row, succeeded, attempts, error_code, http_status, message)
    select $1::bigint, o.* from unnest($3::bigint[], $4::boolean[], $5::integer[], $6::text[], $7::integer[], $8::text[]) as o
    returning succeeded
  ), counted as (
    select count(*) filter (where succeeded) as succeeded, count(*) filter (where not succeeded) as failed from outcome
  )
  insert into ${SCHEMA}.bulk_progress as p (job_number, partition_number, succeeded, failed)
  select $1::bigint, $2::integer, succeeded, failed from counted
  on conflict (job_number, partition_number) do update
    set succeeded = p.succeeded + excluded.succeeded, failed = p.failed + excluded.failed`
