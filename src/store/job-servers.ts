// Which server runs an execution, and which have the parts of its log: what must be known before a request is sent there.
import { type Database, rows } from './database.ts'

/** Who asks: of its own it needs no address. */
export interface AskingServer {
  readonly serverId: string
  readonly incarnation: string
}

export interface JobServer {
  readonly serverId: string
  /** Where it listens; `null` = it does not live, or gives the same address as the one who asks. */
  readonly address: string | null
}

/**
 * Joins `n`: the living incarnation of that server. Servers that all stand behind one BATCH_PUBLIC_URL cannot be told apart by
 * it: whoever is sent there may come back to where he was sent from.
 */
const living = (
  serverId: string
) => /* sql */ `incarnation n on n.server_id = ${serverId} and n.dead_at is null
  and n.expires > clock_timestamp()
  and n.address is distinct from (select address from incarnation where incarnation = :incarnation)`

/** The other server that runs the execution, or has run it, and lives; `null` = none. */
export async function findRunner(
  db: Database,
  executionId: number,
  asking: AskingServer
): Promise<{ readonly serverId: string; readonly address: string } | null> {
  const [row] = await rows<{ serverId: string; address: string }>(
    db,
    /* sql */ `select e.server_id as "serverId", n.address from job_execution e join ${living('e.server_id')}
    where e.execution_id = :executionId and e.server_id <> :serverId`,
    { executionId, ...asking }
  )
  return row ?? null
}

export interface RemotePart extends JobServer {
  readonly executionId: number
  /** Relative to the root of the job logs. */
  readonly path: string
}

/** Parts of these executions' logs that other servers have written. */
export async function findRemoteParts(
  db: Database,
  executionIds: readonly number[],
  asking: AskingServer
): Promise<RemotePart[]> {
  return await rows<RemotePart>(
    db,
    /* sql */ `select p.execution_id as "executionId", p.path, p.server_id as "serverId", n.address
    from job_log_part p left join ${living('p.server_id')}
    where p.execution_id = any(:executionIds::bigint[]) and p.server_id <> :serverId`,
    { executionIds, ...asking }
  )
}

export interface LogServer extends JobServer {
  readonly instanceId: number
  /** One of the parts it wrote, relative to the root: whoever sees this one sees them all. */
  readonly samplePath: string
}

/** Of instances that have ended: the servers that have written parts of their logs, the asking one too, newest part first. */
export async function findLogServers(
  db: Database,
  instanceIds: readonly number[],
  asking: AskingServer
): Promise<LogServer[]> {
  return await rows<LogServer>(
    db,
    /* sql */ `with part as (
      select e.instance_id, p.server_id, min(p.path) as path, max(p.execution_id) as newest
      from job_instance i join job_execution e using (instance_id) join job_log_part p using (execution_id)
      where i.instance_id = any(:instanceIds::bigint[])
        and i.instance_state in ('FAILED', 'STOPPED', 'COMPLETED', 'ABANDONED')
      group by e.instance_id, p.server_id
    )
    select p.instance_id as "instanceId", p.server_id as "serverId", p.path as "samplePath", n.address
    from part p left join ${living('p.server_id')} and p.server_id <> :serverId
    order by p.newest desc`,
    { instanceIds, ...asking }
  )
}
