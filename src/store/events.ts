// What happened, for those who watch (ENGINE E17): written in the transaction it tells of, read in an order in which none can
// appear behind the reader, however late its transaction commits.
import { type Database, rows } from './database.ts'

export interface NewEvent {
  /** e.g. `jobs/instance/purged`. */
  readonly kind: string
  readonly instanceId: number | null
  readonly body: Readonly<Record<string, unknown>>
}

export interface StoredEvent extends NewEvent {
  /** Where a reader goes on after this event; opaque, and good as an id of the event. */
  readonly position: string
  readonly createTime: Date
}

/** It happened when, and if, the transaction commits. */
export async function appendEvents(trx: Database, events: readonly NewEvent[]): Promise<void> {
  await rows(
    trx,
    /* sql */ `insert into event (kind, instance_id, body)
    select kind, "instanceId", body
    from json_to_recordset(:events::json) as e (kind text, "instanceId" bigint, body jsonb)`,
    { events: JSON.stringify(events) }
  )
}

/** Where a reader begins who wants what happens from now on. */
export async function eventPositionNow(db: Database): Promise<string> {
  const [row] = await rows<{ xmin: string }>(
    db,
    'select pg_snapshot_xmin(pg_current_snapshot())::text as xmin'
  )
  return `${row!.xmin}-0`
}

export type EventPage =
  | {
      readonly kind: 'events'
      readonly events: readonly StoredEvent[]
      /** Where to go on. */
      readonly position: string
    }
  /** Some after this position are gone, or it is none of this database: look at the whole, then go on from here. */
  | { readonly kind: 'reset'; readonly position: string }

interface EventRow {
  readonly transaction: string
  readonly eventId: number
  readonly createTime: Date
  readonly kind: string
  readonly instanceId: number | null
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * Up to `limit` events after a position. Those of transactions not older than every one that still runs come later: an open
 * transaction anywhere in the cluster holds back what began after it, and nothing is skipped.
 */
export async function readEvents(db: Database, after: string, limit: number): Promise<EventPage> {
  const position = positionOf(after)
  if (position === null) return { kind: 'reset', position: await eventPositionNow(db) }
  const found = await rows<EventRow>(
    db,
    /* sql */ `select e.xid::text as transaction, e.event_id as "eventId", e.create_time as "createTime", e.kind,
      e.instance_id as "instanceId", e.body
    from event e
    where (e.xid, e.event_id) > (:xid::xid8, :eventId::bigint) and e.xid < pg_snapshot_xmin(pg_current_snapshot())
    order by e.xid, e.event_id limit :limit`,
    { ...position, limit }
  )
  // After the reading: what was dropped before it stands behind the horizon now.
  const [gone] = await rows<{ lost: boolean }>(
    db,
    /* sql */ `select (:xid::xid8, :eventId::bigint) < (xid, event_id)
      or :xid::xid8 > pg_snapshot_xmax(pg_current_snapshot()) as lost from event_horizon`,
    position
  )
  if (gone?.lost !== false) return { kind: 'reset', position: await eventPositionNow(db) }
  const events = found.map(({ transaction, eventId, ...event }) => ({
    ...event,
    position: `${transaction}-${eventId}`
  }))
  return { kind: 'events', events, position: events.at(-1)?.position ?? after }
}

/** `null` for what no reader was given: a client sends it back as it likes. */
function positionOf(text: string): { xid: string; eventId: string } | null {
  const [, xid, eventId] = /^(\d{1,20})-(\d{1,19})$/.exec(text) ?? []
  if (xid === undefined || eventId === undefined) return null
  if (BigInt(xid) >= 2n ** 64n || BigInt(eventId) >= 2n ** 63n) return null
  return { xid, eventId }
}
