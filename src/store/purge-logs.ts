// What a purge and the janitor ask about job logs: where those of an instance lie, and whether an
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

/** After the log files of these executions were deleted; who did it is on record with it. */
export async function forgetDeletedLogs(
  db: Database,
  deleted: {
    readonly instanceId: number
    readonly executionIds: readonly number[]
    readonly by: string
    readonly serverId: string
    /** Of the files, relative to the root: other servers may have written them too, on a shared volume. */
    readonly paths: readonly string[]
  }
): Promise<void> {
  const { instanceId, executionIds, by, serverId, paths } = deleted
  if (executionIds.length === 0) return
  await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    await rows(
      trx,
      /* sql */ `delete from job_log_part where execution_id = any(:executionIds::bigint[])
        and (server_id = :serverId or path = any(:paths::text[]))`,
      { executionIds, serverId, paths }
    )
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
