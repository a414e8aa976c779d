// The index of job log parts: which server wrote which part, so that any server can serve or find it.
import { type Database, preparedRows, rows } from './database.ts'

interface JobLogPartRow {
  readonly executionId: number
  readonly path: string
  readonly serverId: string
}

/** Number of the last part in a log's folder (with `/` at its end), whichever server wrote it; 0 = none was. */
export async function lastPartNumber(db: Database, executionId: number, folder: string): Promise<number> {
  const [row] = await rows<{ last: number }>(
    db,
    /* sql */ `select coalesce(max(substring(path from '([0-9]{1,9})[.]log$')::int), 0) as last from job_log_part
    where execution_id = :executionId and starts_with(path, :folder || 'part.')
      and exists (select from job_log_part where execution_id = :executionId and path = :folder || 'part.1.log')`,
    { executionId, folder }
  )
  return row!.last
}

/** Parts of executions that were purged meanwhile are left out. */
export async function insertJobLogParts(db: Database, parts: readonly JobLogPartRow[]): Promise<void> {
  await preparedRows(
    db,
    /* sql */ `insert into job_log_part (execution_id, path, server_id)
    select p."executionId", p.path, p."serverId"
    from json_to_recordset(:parts::json) as p ("executionId" bigint, path text, "serverId" text)
      join job_execution e on e.execution_id = p."executionId"
    on conflict do nothing`,
    { parts: JSON.stringify(parts) }
  )
}
