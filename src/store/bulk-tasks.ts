// The tasks of a bulk job and their outcomes: loaded at once, and read as a ledger; what chunks do with them is bulk-statements.ts.
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
