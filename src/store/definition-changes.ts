// Changes of a definition that is there, each under the lock of its row, so that nothing begins to use what is being deleted.
import { FINAL_BULK_JOB_STATUSES } from '../batch/bulk-job-status.ts'
import { appendAudit } from './audit.ts'
import { type Database, rows } from './database.ts'
import { ACTIVE_INSTANCES } from './runs.ts'
import { transactionOnce } from './transaction-once.ts'

/** How long a change waits for a PostgreSQL that is away. */
const AWAY_MS = 8000

export type DefinitionChange =
  | 'done'
  /** There is none of this name. */
  | 'unknown'
  /** It is no longer what the caller has seen. */
  | 'stale'
  | 'system'
  /** A schedule names it. */
  | { readonly schedule: string }
  /** A bulk job that has not ended names it. */
  | { readonly bulkJob: string }
  /** A run of it has not ended. */
  | { readonly instanceId: number }

/** Revisions that the caller accepts; `null` = any. */
type Expected = readonly number[] | null

interface LockedDefinition {
  readonly revision: number
  readonly system: boolean
  readonly description: string | null
}

async function lock(trx: Database, name: string): Promise<LockedDefinition | null> {
  const [found] = await rows<LockedDefinition>(
    trx,
    'select revision, system, description from definition where name = :name and delete_time is null for update',
    { name }
  )
  return found ?? null
}

export async function describeDefinition(
  db: Database,
  change: {
    readonly name: string
    readonly description: string | null
    readonly expected: Expected
    readonly by: string
  }
): Promise<DefinitionChange> {
  const { name, description, expected, by } = change
  return await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    const found = await lock(trx, name)
    if (found === null) return 'unknown'
    if (expected !== null && !expected.includes(found.revision)) return 'stale'
    await rows(
      trx,
      'update definition set description = :description, revision = revision + 1 where name = :name',
      {
        name,
        description
      }
    )
    await appendAudit(trx, [
      {
        who: by,
        what: 'definition.update',
        target: `definition:${name}`,
        before: { description: found.description },
        after: { description }
      }
    ])
    return 'done'
  })
}

export async function deleteDefinition(
  db: Database,
  change: { readonly name: string; readonly expected: Expected; readonly by: string }
): Promise<DefinitionChange> {
  const { name, expected, by } = change
  return await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    const found = await lock(trx, name)
    if (found === null) return 'unknown'
    if (expected !== null && !expected.includes(found.revision)) return 'stale'
    if (found.system) return 'system'
    const [schedule] = await rows<{ name: string }>(
      trx,
      'select name from schedule where definition = :name order by name limit 1',
      { name }
    )
    if (schedule !== undefined) return { schedule: schedule.name }
    const [bulkJob] = await rows<{ bulkJob: string }>(
      trx,
      /* sql */ `select job_id as "bulkJob" from bulk_job where job_status <> all(:ended::text[])
        and request #>> '{operation,definition,name}' = :name order by job_number limit 1`,
      { name, ended: [...FINAL_BULK_JOB_STATUSES] }
    )
    if (bulkJob !== undefined) return bulkJob
    const [active] = await rows<{ instanceId: number }>(
      trx,
      /* sql */ `${ACTIVE_INSTANCES} select r.instance_id as "instanceId" from active join run r using (instance_id)
      where r.definition = :name order by 1 limit 1`,
      { name }
    )
    if (active !== undefined) return active
    await rows(
      trx,
      'update definition set delete_time = clock_timestamp(), revision = revision + 1 where name = :name',
      { name }
    )
    await appendAudit(trx, [{ who: by, what: 'definition.delete', target: `definition:${name}` }])
    return 'done'
  })
}

/** Holds it as it is until the transaction ends; the name's latest version, or `null` where there is none. */
export async function holdDefinition(
  trx: Database,
  name: string
): Promise<{ readonly latestVersion: number } | null> {
  const [found] = await rows<{ latestVersion: number }>(
    trx,
    `select latest_version as "latestVersion" from definition where name = :name and delete_time is null for share`,
    { name }
  )
  return found ?? null
}
