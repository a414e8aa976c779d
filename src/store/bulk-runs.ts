// Tasks whose operation is a job definition: each is a run, stored in the transaction of its job instance, so that no task has two.
import type { TaskRow } from './bulk-statements.ts'
import { type Database, rows, SCHEMA } from './database.ts'

/** Runs of one bulk job at one time. */
export const RUNS_AT_ONCE = 4

/** Has not ended: of an alias `n` of job_instance. */
const UNDER_WAY = /* sql */ `n.batch_status in ('STARTING', 'STARTED', 'STOPPING')`

/** What waits for a thread has waited for one so long. */
const SECONDS_WAITED = 1

/** Of an alias `j` of bulk_job: runs of it are under way, and none has ended that has no outcome yet: its step has nothing to do. */
export const WAITS_FOR_RUNS = /* sql */ `(j.job_status = 'Active' and j.request #> '{operation,definition}' is not null
  and exists (select from bulk_run r join job_instance n using (instance_id) where r.job_number = j.job_number and ${UNDER_WAY})
  and not exists (select from bulk_run r left join job_instance n using (instance_id)
    where r.job_number = j.job_number and (n.batch_status is null or not ${UNDER_WAY})
      and not exists (select from bulk_outcome o where o.job_number = r.job_number and o.task_row = r.task_row)))`

/** Something has waited for a thread for a while: its runs, perhaps. */
export const THREADS_WANTED = /* sql */ `exists (select from unit w
  where w.status = 'READY' and w.ready_time < clock_timestamp() - ${SECONDS_WAITED} * interval '1 second')`

/** Of an alias `j` of bulk_job: there is a task to start, and room for its run. */
export const STARTS_RUNS = /* sql */ `(j.job_status = 'Active' and j.request #> '{operation,definition}' is not null
  and exists (select from bulk_task t where t.job_number = j.job_number and t.task_row >
    coalesce((select max(r.task_row) from bulk_run r where r.job_number = j.job_number), 0))
  and (select count(*) from bulk_run r join job_instance n using (instance_id)
    where r.job_number = j.job_number and ${UNDER_WAY}) < ${RUNS_AT_ONCE})`

/** The next task, its bulk job locked; `null` when there is none, no room, or the job is not Active (any more). */
export async function nextTaskToRun(trx: Database, jobNumber: number): Promise<TaskRow | null> {
  // Two servers must not see the same last task.
  await rows(trx, 'select from bulk_job where job_number = :jobNumber for update', { jobNumber })
  const [task] = await rows<TaskRow>(
    trx,
    /* sql */ `select t.task_row as row, t.bucket, t.object_key as key, t.version_id as "versionId", t.fields
    from bulk_job j join bulk_task t using (job_number)
    where j.job_number = :jobNumber and ${STARTS_RUNS}
      and t.task_row > coalesce((select max(r.task_row) from bulk_run r where r.job_number = j.job_number), 0)
    order by t.task_row limit 1`,
    { jobNumber }
  )
  return task ?? null
}

export async function insertBulkRun(
  trx: Database,
  run: {
    readonly jobNumber: number
    readonly row: number
    readonly instanceId: number | null
    readonly errorCode: string | null
    readonly message: string | null
  }
): Promise<void> {
  await rows(
    trx,
    /* sql */ `insert into bulk_run (job_number, task_row, instance_id, error_code, message)
    values (:jobNumber, :row, :instanceId, :errorCode, :message)`,
    run
  )
}

export async function unfinishedRuns(db: Database, jobNumber: number): Promise<number[]> {
  const found = await rows<{ instance_id: number }>(
    db,
    /* sql */ `select instance_id from bulk_run join job_instance n using (instance_id)
    where job_number = :jobNumber and ${UNDER_WAY} order by instance_id`,
    { jobNumber }
  )
  return found.map(row => row.instance_id)
}

export interface EndedRun {
  readonly row: number
  readonly batchStatus: string
  readonly exitStatus: string | null
  readonly message: string | null
}

/** $1 job number. Tasks whose run has ended, or was refused, and that have no outcome yet. Gives EndedRuns. */
export const ENDED_RUNS = /* sql */ `select r.task_row as row,
    coalesce(r.error_code, n.batch_status, 'JobInstancePurged') as "batchStatus", n.exit_status as "exitStatus",
    coalesce(r.message, e.reason, (select s.message from ${SCHEMA}.step_execution s where s.execution_id = e.execution_id
      and s.message is not null order by s.step_execution_id desc limit 1)) as message
  from ${SCHEMA}.bulk_run r left join ${SCHEMA}.job_instance n using (instance_id)
    left join ${SCHEMA}.job_execution e on e.execution_id = n.latest_execution_id
  where r.job_number = $1 and (n.batch_status is null or n.batch_status not in ('STARTING', 'STARTED', 'STOPPING'))
    and not exists (select from ${SCHEMA}.bulk_outcome o where o.job_number = r.job_number and o.task_row = r.task_row)
  order by r.task_row limit 100`
