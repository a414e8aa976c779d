// Makes the partitions of events an hour each, ahead of time, and drops those of the day before yesterday: a day of events goes
// at once and leaves nothing to vacuum (ENGINE E17).
import { type Database, rows } from './database.ts'

const HOURS_AHEAD = 3
const HOURS_KEPT = 24

/** Writers of events wait behind a lock on their table; better try again at the next round than let them. */
const LOCK_TIMEOUT = `set local lock_timeout = '200ms'`

/** For this hour and the next three, unless rows without a partition hold the place. Says how many were made. */
export async function makeEventPartitions(db: Database): Promise<number> {
  const missing = await rows<{ statement: string }>(
    db,
    /* sql */ `select format('create table %I partition of event for values from (%L) to (%L)', name, hour,
      hour + interval '1 hour') as statement
    from generate_series(date_trunc('hour', clock_timestamp()), clock_timestamp() + :ahead * interval '1 hour',
        interval '1 hour') as hours (hour),
      lateral (select 'event_' || to_char(hour, 'YYYYMMDD_HH24') as name) as named
    where to_regclass(name) is null and not exists (
      select from event_rest where create_time >= hour and create_time < hour + interval '1 hour')`,
    { ahead: HOURS_AHEAD }
  )
  for (const { statement } of missing)
    await db.transaction(async trx => {
      await rows(trx, LOCK_TIMEOUT)
      await rows(trx, statement)
    })
  return missing.length
}

/** Drops partitions that ended more than 24 h ago; says how many. The horizon moves with them, in the same commit. */
export async function dropOldEvents(db: Database): Promise<number> {
  const old = await rows<{ name: string }>(
    db,
    /* sql */ `select quote_ident(c.relname) as name from pg_inherits h join pg_class c on c.oid = h.inhrelid
    where h.inhparent = 'event'::regclass and c.relname ~ '^event_[0-9]{8}_[0-9]{2}$'
      and to_timestamp(substr(c.relname, 7), 'YYYYMMDD_HH24') + interval '1 hour'
        <= clock_timestamp() - :kept * interval '1 hour'
    order by c.relname`,
    { kept: HOURS_KEPT }
  )
  for (const { name } of old)
    await db.transaction(async trx => {
      await rows(trx, LOCK_TIMEOUT)
      // Parent first, as writers and readers take them; and before the look at the last row, for none may come after it.
      await rows(trx, 'lock table only event in access exclusive mode')
      await rows(trx, `lock table ${name} in access exclusive mode`)
      await rows(
        trx,
        moveHorizon(`select xid, event_id from ${name} order by xid desc, event_id desc limit 1`)
      )
      await rows(trx, `drop table ${name}`)
    })
  await rows(
    db,
    /* sql */ `with gone as (
      delete from event_rest where create_time < clock_timestamp() - :kept * interval '1 hour' returning xid, event_id
    ) ${moveHorizon('select xid, event_id from gone order by xid desc, event_id desc limit 1')}`,
    { kept: HOURS_KEPT }
  )
  return old.length
}

function moveHorizon(last: string): string {
  return /* sql */ `update event_horizon h set xid = l.xid, event_id = l.event_id from (${last}) l
    where (h.xid, h.event_id) < (l.xid, l.event_id)`
}
