// What a purge and the janitor ask about job logs: where those of an instance lie, whose server has them, and whether an
// instance whose folder was found is gone for good.
import { appendAudit } from './audit.ts'
import { type Database, rows } from './database.ts'
import { transactionOnce } from './transaction-once.ts'

/** How long it waits for a PostgreSQL that is away: the files are gone by then. */
const AWAY_MS = 8000

/** Log folders of executions by instance, relative to the root; only those that began. */
export async function findLogPaths(
  db: Database,
  instanceIds: readonly number[]
): Promise<Map<number, string[]>> {
  const found = await rows<{ instanceId: number; logPaths: string[] }>(
    db,
    /* sql */ `select instance_id as "instanceId", array_agg(log_path) as "logPaths" from job_execution
    where instance_id = any(:instanceIds::bigint[]) and log_path <> '' group by instance_id`,
    { instanceIds }
  )
  return new Map(found.map(({ instanceId, logPaths }) => [instanceId, logPaths]))
}

export interface RemoteLog {
  readonly instanceId: number
  readonly logPath: string
  /** Of the server that ran the execution. */
  readonly restUrl: string
}

/** Executions of purgeable instances that another server ran which lives; newest first. */
export async function findRemoteLogs(
  db: Database,
  search: { readonly instanceIds: readonly number[]; readonly serverId: string }
): Promise<RemoteLog[]> {
  return await rows<RemoteLog>(
    db,
    /* sql */ `select e.instance_id as "instanceId", e.log_path as "logPath", e.rest_url as "restUrl"
    from job_execution e join job_instance i using (instance_id)
      join incarnation n on n.server_id = e.server_id and n.dead_at is null and n.expires > clock_timestamp()
    where e.instance_id = any(:instanceIds::bigint[]) and e.server_id <> :serverId and e.log_path <> ''
      and i.instance_state in ('FAILED', 'STOPPED', 'COMPLETED', 'ABANDONED')
    order by e.execution_id desc`,
    { ...search }
  )
}

/** After the log files of these executions were deleted; who did it is on record with it. */
export async function forgetDeletedLogs(
  db: Database,
  deleted: { readonly instanceId: number; readonly executionIds: readonly number[]; readonly by: string }
): Promise<void> {
  const { instanceId, executionIds, by } = deleted
  if (executionIds.length === 0) return
  await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    await rows(trx, 'delete from job_log_part where execution_id = any(:executionIds::bigint[])', {
      executionIds
    })
    await appendAudit(trx, [
      { who: by, what: 'joblog.delete', target: `instance:${instanceId}`, before: { executionIds } }
    ])
  })
}

/** Ids from `first` to `last` whose log folders must stay: the instance is there, or a tombstone says so. */
export async function findKeptLogs(db: Database, first: number, last: number): Promise<number[]> {
  const kept = await rows<{ instanceId: number }>(
    db,
    /* sql */ `select instance_id as "instanceId" from job_instance where instance_id between :first and :last
    union select instance_id from kept_job_log where instance_id between :first and :last`,
    { first, last }
  )
  return kept.map(({ instanceId }) => instanceId)
}

/** What this repository is called, for the mark in its log folder. */
export async function repositoryId(db: Database): Promise<string> {
  const [row] = await rows<{ repositoryId: string }>(
    db,
    'select repository_id as "repositoryId" from repository'
  )
  return row!.repositoryId
}
