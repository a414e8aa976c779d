// What a job instance waits for, as the repository has it: read when somebody asks why nothing happens, and by nobody else.
import type { BatchStatus } from '../batch/batch-status.ts'
import type { InstanceState } from '../batch/instance-state.ts'
import type { UnitStatus } from '../batch/unit-status.ts'
import { SYSTEM_APPLICATION } from '../batch/system-batch.ts'
import { type Database, rows } from './database.ts'

/** Rows that are named; the rest is counted. */
export const NAMED = 5

export const ALIVE = (alias: string) => `${alias}.dead_at is null and ${alias}.expires > clock_timestamp()`

export interface WaitingUnit {
  readonly unitId: number
  readonly status: UnitStatus
  readonly waitsFor: 'cap' | 'delay' | 'pause' | null
  readonly application: string
  readonly priority: number
  readonly readyTime: Date
  readonly capKeys: readonly string[]
  readonly stopRequestedBy: string | null
  readonly stopRequestedAt: Date | null
  /** The time limit because of which it is STOPPING. */
  readonly overdue: string | null
  /** Of its server; `null` = it has none. */
  readonly serverId: string | null
}

export interface InstanceWait {
  readonly instanceState: InstanceState
  readonly batchStatus: BatchStatus
  readonly startTime: Date | null
  readonly lastUpdatedTime: Date
  readonly createTime: Date
  readonly serverId: string
  /** Of the newest execution; `null` = it has ended. */
  readonly unit: WaitingUnit | null
}

/** `null` = there is no such instance. */
export async function findInstanceWait(db: Database, instanceId: number): Promise<InstanceWait | null> {
  const [found] = await rows<
    InstanceWait & { unit: (WaitingUnit & { readyTime: string; stopRequestedAt: string | null }) | null }
  >(
    db,
    /* sql */ `select i.instance_state as "instanceState", i.batch_status as "batchStatus", e.start_time as "startTime",
      e.last_updated_time as "lastUpdatedTime", e.create_time as "createTime", e.server_id as "serverId",
      (select json_build_object('unitId', u.unit_id, 'status', u.status, 'waitsFor', u.waits_for,
          'application', u.application, 'priority', u.priority, 'readyTime', u.ready_time, 'capKeys', u.cap_keys,
          'stopRequestedBy', u.stop_requested_by, 'stopRequestedAt', u.stop_requested_at, 'overdue', u.overdue,
          'serverId', n.server_id)
        from unit u left join incarnation n on n.incarnation = u.incarnation
        where u.execution_id = e.execution_id and u.kind = 'execution') as unit
    from job_instance i join job_execution e on e.execution_id = i.latest_execution_id
    where i.instance_id = :instanceId`,
    { instanceId }
  )
  if (found === undefined) return null
  const { unit } = found
  if (unit === null) return found
  const stopRequestedAt = unit.stopRequestedAt === null ? null : new Date(unit.stopRequestedAt)
  return { ...found, unit: { ...unit, readyTime: new Date(unit.readyTime), stopRequestedAt } }
}

export interface LostServer {
  readonly serverId: string
  readonly expires: Date
  /** Units of the instance that it had at work. */
  readonly units: number
}

/** Servers without a live lease that still have units of this instance. */
export async function findLostServers(db: Database, instanceId: number): Promise<LostServer[]> {
  return await rows<LostServer>(
    db,
    /* sql */ `select n.server_id as "serverId", least(n.expires, n.dead_at) as expires, count(*)::int as units
    from unit u join incarnation n on n.incarnation = u.incarnation
    where u.instance_id = :instanceId and not (${ALIVE('n')}) group by 1, 2 order by 2`,
    { instanceId }
  )
}

export interface FullCap {
  readonly key: string
  readonly limit: number
  readonly running: number
  /** Instances that hold it, the oldest first, not all of them. */
  readonly holders: readonly number[]
}

/** Those of the keys that have no place free. */
export async function findFullCaps(db: Database, keys: readonly string[]): Promise<FullCap[]> {
  return await rows<FullCap>(
    db,
    /* sql */ `select c.key, c."limit", c.running, coalesce((
      select json_agg(h.instance_id) from (
        select u.instance_id from unit u where u.kind = 'execution' and u.holds_caps and c.key = any(u.cap_keys)
        order by u.instance_id limit ${NAMED}) h), '[]') as holders
    from cap c where c.key = any(:keys::text[]) and c.running >= c."limit" order by c.key`,
    { keys }
  )
}

interface Waiting {
  readonly unitId: number
  readonly priority: number
  readonly readyTime: Date
}

const AHEAD = /* sql */ `(u.priority > :priority or u.priority = :priority
  and (u.ready_time, u.unit_id) < (select m.ready_time, m.unit_id from unit m where m.unit_id = :unitId))`

/** Units that wait for one of its caps and come before it. */
export async function countAheadForCaps(
  db: Database,
  unit: Waiting & { readonly capKeys: readonly string[] }
): Promise<number> {
  const [row] = await rows<{ ahead: number }>(
    db,
    /* sql */ `select count(*)::int as ahead from unit u
    where u.status = 'WAITING' and u.waits_for = 'cap' and u.cap_keys && :capKeys::text[] and ${AHEAD}`,
    { unitId: unit.unitId, priority: unit.priority, capKeys: unit.capKeys }
  )
  return row!.ahead
}

export interface ThreadWait {
  /** Servers that live and run its application for its operation groups, but for the full ones; and those that run it for others only. */
  readonly servers: readonly string[]
  readonly elsewhere: readonly string[]
  /** All that live. */
  readonly alive: readonly string[]
  /** Of the former. */
  readonly threads: number
  /** Instances at work on the former, not all of them, and how many they are. */
  readonly busyWith: readonly number[]
  readonly busy: number
  /** Executions that wait for a thread there and come before it. */
  readonly ahead: number
  /** Those with a higher priority, waiting or at work: how many, and the first one. */
  readonly higher: number
  readonly highest: { readonly instanceId: number; readonly priority: number } | null
}

export async function findThreadWait(
  db: Database,
  unit: Waiting & { readonly application: string },
  fullServers: readonly string[]
): Promise<ThreadWait> {
  const [row] = await rows<ThreadWait>(
    db,
    /* sql */ `
    with alive as materialized (select incarnation, server_id, applications, operation_groups, threads from incarnation n where ${ALIVE('n')}),
    theirs as materialized (select *, operation_groups is null or :application = :system or operation_groups && (
        select i.operation_groups from unit m join job_instance i using (instance_id) where m.unit_id = :unitId) as fits
      from alive where :application = any(applications)),
    mine as materialized (select * from theirs where fits and server_id <> all(:fullServers::text[])),
    busy as materialized (select u.instance_id, u.priority from unit u join mine using (incarnation)
      where u.kind = 'execution' and u.status in ('STARTED', 'STOPPING')),
    before as materialized (select u.instance_id, u.priority, u.ready_time, u.unit_id from unit u
      where u.status = 'READY' and u.kind = 'execution' and ${AHEAD}
        and (u.application = :application or exists (select from mine where u.application = any(mine.applications)))),
    higher as (
      select instance_id, priority, ready_time, unit_id from before where priority > :priority
      union all select instance_id, priority, null, 0 from busy where priority > :priority
    )
    select coalesce((select json_agg(server_id order by server_id) from mine), '[]') as servers,
      coalesce((select json_agg(server_id order by server_id) from theirs where not fits), '[]') as elsewhere,
      coalesce((select json_agg(server_id order by server_id) from alive), '[]') as alive,
      coalesce((select json_agg(b.instance_id) from (select instance_id from busy order by 1 limit ${NAMED}) b), '[]')
        as "busyWith",
      (select coalesce(sum(threads), 0)::int from mine) as threads, (select count(*)::int from busy) as busy, (select count(*)::int from before) as ahead,
      (select count(*)::int from higher) as higher,
      (select json_build_object('instanceId', instance_id, 'priority', priority) from higher
        order by priority desc, ready_time nulls first, unit_id limit 1) as highest`,
    {
      system: SYSTEM_APPLICATION,
      application: unit.application,
      priority: unit.priority,
      unitId: unit.unitId,
      fullServers
    }
  )
  return row!
}

/** Whether a server that lives runs this application. */
export async function isApplicationRun(db: Database, application: string): Promise<boolean> {
  const found = await rows(
    db,
    `select from incarnation n where ${ALIVE('n')} and :application = any(n.applications) limit 1`,
    { application }
  )
  return found.length === 1
}

/** When a bulk job came into the status it has. */
export async function findBulkStatusTime(db: Database, jobNumber: number): Promise<Date | null> {
  const [found] = await rows<{ time: Date }>(
    db,
    'select create_time as time from bulk_event where job_number = :jobNumber order by event_number desc limit 1',
    { jobNumber }
  )
  return found?.time ?? null
}
