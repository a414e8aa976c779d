// The index of job log parts: which server wrote which part, so that any server can serve or find it.
import { type Database, preparedRows } from './database.ts'

interface JobLogPartRow {
  readonly executionId: number
  readonly path: string
  readonly serverId: string
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
