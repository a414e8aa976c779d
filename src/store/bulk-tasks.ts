// The tasks of a bulk job and their outcomes: loaded at once, read in pages, done in the transaction of a chunk. The statements
// for chunks are texts, since they run on the connection that an artifact is offered; names in them are qualified.
import type pg from 'pg'
import { copyOffered, type CopyRows } from './copy-rows.ts'
import { type Database, rows, SCHEMA } from './database.ts'
import { type BulkMove, moveBulkJob } from './bulk-moves.ts'

const TASK_COLUMNS = ['job_number', 'task_row', 'bucket', 'object_key', 'version_id', 'fields'] as const

/** The move behind its tasks found a job that is not ours any more, or in another status: nothing was stored. */
export class BulkJobMoved extends Error {
  override readonly name = 'BulkJobMoved'
}

/**
 * Stores all tasks and makes the move in one transaction, so that nobody sees a part of them. `tasks` gives rows in the order
 * of the columns above; `move` is asked when all are there. Rejects with what `tasks` throws.
 */
export async function loadBulkTasks(
  db: Database,
  tasks: CopyRows,
  move: (total: number) => BulkMove
): Promise<void> {
  await db.transaction(async trx => {
    // Knex keeps the transaction's connection to itself, and COPY is a protocol of its own.
    const client = (await trx.client.acquireConnection()) as pg.Client
    const total = await copyOffered(client, `${SCHEMA}.bulk_task`, TASK_COLUMNS, tasks)
    if (!(await moveBulkJob(trx, move(total)))) throw new BulkJobMoved('the bulk job was moved meanwhile')
  })
}

/** The tasks that failed in another bulk job, with rows of their own. */
export async function copyFailedTasks(
  db: Database,
  source: { readonly fromJobId: string; readonly jobNumber: number },
  move: (total: number) => BulkMove
): Promise<void> {
  await db.transaction(async trx => {
    const copied = await rows<{ total: number }>(
      trx,
      /* sql */ `with copied as (
        insert into bulk_task (job_number, task_row, bucket, object_key, version_id, fields)
        select :jobNumber, row_number() over (order by t.task_row), t.bucket, t.object_key, t.version_id, t.fields
        from bulk_job j join bulk_outcome o using (job_number) join bulk_task t using (job_number, task_row)
        where j.job_id = :fromJobId and not o.succeeded returning 1)
      select count(*) as total from copied`,
      source
    )
    if (!(await moveBulkJob(trx, move(copied[0]!.total))))
      throw new BulkJobMoved('the bulk job was moved meanwhile')
  })
}

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

export interface LedgerRow {
  readonly row: number
  readonly bucket: string
  readonly key: string
  readonly versionId: string | null
  readonly succeeded: boolean
  readonly attempts: number
  readonly errorCode: string | null
  readonly httpStatus: number | null
  readonly message: string | null
}

/** Tasks with an outcome, by row. `succeeded`: only those that did, or did not; `null` = both. */
export async function listOutcomes(
  db: Database,
  jobNumber: number,
  page: { readonly succeeded: boolean | null; readonly after: number; readonly limit: number }
): Promise<LedgerRow[]> {
  const which = page.succeeded === null ? '' : page.succeeded ? 'and o.succeeded' : 'and not o.succeeded'
  return await rows<LedgerRow>(
    db,
    /* sql */ `select o.task_row as row, t.bucket, t.object_key as key, t.version_id as "versionId", o.succeeded, o.attempts,
      o.error_code as "errorCode", o.http_status as "httpStatus", o.message
    from (select * from bulk_outcome o where o.job_number = :jobNumber and o.task_row > :after ${which}
        order by o.task_row limit :limit) o
      -- One by one, whatever the planner knows yet of a table that was just loaded.
      cross join lateral (select * from bulk_task t
        where t.job_number = o.job_number and t.task_row = o.task_row limit 1) t
    order by o.task_row`,
    { jobNumber, after: page.after, limit: page.limit }
  )
}
