// The caps of servers of their own (BATCH_SERVER_CAPS) that keep a job out, as their incarnations published them.
import { type Database, rows } from './database.ts'
import { ALIVE, type FullCap, NAMED } from './waits.ts'

export interface FullServerCap extends FullCap {
  readonly serverId: string
}

/** Of the servers that live and run its application: those that have no place free for the job of this unit, with the cap. */
export async function findFullServerCaps(db: Database, unitId: number): Promise<FullServerCap[]> {
  return await rows<FullServerCap>(
    db,
    /* sql */ `select n.server_id as "serverId", c.key, c.value::int as "limit", held.running, held.holders
    from unit u join job_instance i using (instance_id) join incarnation n on ${ALIVE('n')} and u.application = any(n.applications)
        and (n.operation_groups is null or i.operation_groups && n.operation_groups)
      cross join lateral jsonb_each_text(n.server_caps) c
      cross join lateral (
        select count(*)::int as running,
          coalesce(json_agg(w.instance_id order by w.instance_id) filter (where w.nth <= ${NAMED}), '[]') as holders
        from (
          select o.instance_id, row_number() over (order by o.instance_id) as nth
          from unit o join job_instance j using (instance_id)
          where o.incarnation = n.incarnation and o.kind = 'execution' and o.unit_id <> u.unit_id
            and c.key in ('job:' || j.job_name, 'application:' || o.application)
        ) w
      ) held
    where u.unit_id = :unitId and c.key in ('job:' || i.job_name, 'application:' || u.application)
      and held.running >= c.value::int
    order by n.server_id, c.key`,
    { unitId }
  )
}
