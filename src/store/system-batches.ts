// What the server's own batches look for in the job repository.
import { type Database, rows } from './database.ts'

/** Any number that is ours: two servers that start at once do not both bring the batches along. */
const LOCK = 4_718_190_355

/** Until the transaction ends. */
export async function lockSystemBatches(trx: Database): Promise<void> {
  await rows(trx, 'select pg_advisory_xact_lock(:lock)', { lock: LOCK })
}

/** Whether this instance is a run of one of the server's own definitions. */
export async function isSystemRun(db: Database, instanceId: number): Promise<boolean> {
  const found = await rows(
    db,
    `select from run r join definition d on d.name = r.definition where r.instance_id = :instanceId and d.system`,
    { instanceId }
  )
  return found.length === 1
}

/** Whether it runs, and nobody has asked it to stop or ended it. */
export async function isUnderWay(db: Database, instanceId: number): Promise<boolean> {
  const found = await rows(
    db,
    `select from job_instance where instance_id = :instanceId and batch_status = 'STARTED'`,
    { instanceId }
  )
  return found.length === 1
}

/** Executions that began long ago, have not ended, and that no live server has a unit of, nor will take one. */
export async function hangingExecutions(db: Database, hours: number): Promise<number[]> {
  const found = await rows<{ executionId: number }>(
    db,
    /* sql */ `select e.execution_id as "executionId" from job_instance i
      join job_execution e on e.execution_id = i.latest_execution_id
    where i.instance_state in ('SUBMITTED', 'JMS_QUEUED', 'JMS_CONSUMED', 'DISPATCHED')
      and coalesce(e.start_time, e.create_time) < clock_timestamp() - :hours * interval '1 hour'
      and not exists (select from unit u left join incarnation n using (incarnation)
        where u.execution_id = e.execution_id and (u.status in ('WAITING', 'READY')
          or n.dead_at is null and n.expires > clock_timestamp()))
    order by 1`,
    { hours }
  )
  return found.map(row => row.executionId)
}

/** Instances that ended long ago and that nobody holds, oldest first, with when they were last updated; `after`: an instance id. */
export async function endedLongAgo(
  db: Database,
  search: { readonly days: number; readonly after: number; readonly limit: number }
): Promise<{ instanceId: number; lastUpdatedTime: string }[]> {
  return await rows(
    db,
    /* sql */ `select i.instance_id as "instanceId", i.last_updated_time::text as "lastUpdatedTime" from job_instance i
    where i.instance_id > :after and i.instance_state in ('COMPLETED', 'FAILED', 'STOPPED', 'ABANDONED')
      and i.last_updated_time < clock_timestamp() - :days * interval '1 day' and i.purge_incarnation is null
      and not exists (select from hold h where h.instance_id = i.instance_id)
    order by i.instance_id limit :limit`,
    { ...search }
  )
}

/** Instances that ended long ago and have job logs, oldest first; `after`: an instance id. */
export async function endedWithLogs(
  db: Database,
  search: { readonly days: number; readonly after: number; readonly limit: number }
): Promise<number[]> {
  const found = await rows<{ instanceId: number }>(
    db,
    /* sql */ `select i.instance_id as "instanceId" from job_instance i
    where i.instance_id > :after and i.instance_state in ('COMPLETED', 'FAILED', 'STOPPED', 'ABANDONED')
      and i.last_updated_time < clock_timestamp() - :days * interval '1 day'
      and exists (select from job_execution e join job_log_part p using (execution_id)
        where e.instance_id = i.instance_id)
    order by i.instance_id limit :limit`,
    { ...search }
  )
  return found.map(row => row.instanceId)
}

/** Of nominal times long ago that wait for nothing; says how many. */
export async function forgetDecisions(db: Database, days: number): Promise<number> {
  const gone = await rows(
    db,
    `delete from decision where not waiting and nominal_time < clock_timestamp() - :days * interval '1 day' returning 1`,
    { days }
  )
  return gone.length
}

const TABLES = [
  'job_instance',
  'job_execution',
  'job_parameter',
  'step_execution',
  'partition',
  'flow',
  'unit',
  'job_log_part',
  'run',
  'decision',
  'schedule'
] as const

/** Takes as long as it takes: `db` has no time limit for statements. */
export async function vacuumTables(db: Database): Promise<number> {
  for (const table of TABLES) await db.raw(`vacuum (analyze) ${table}`)
  return TABLES.length
}
