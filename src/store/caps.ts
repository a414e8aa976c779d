// Caps on what runs at one time, over all servers (ENGINE E13): `running` changes only under the lock of its row, and the
// rows of several are locked in key order before any unit.
import { type Database, rows } from './database.ts'
import type { RetryOptions } from './retry.ts'
import { transactionOnce } from './transaction-once.ts'

export interface Cap {
  readonly key: string
  readonly limit: number
}

/** Locks the caps in key order; their limits become what the newest submit says. In a transaction. */
export async function lockCapsOfSubmissions(
  trx: Database,
  caps: readonly Cap[]
): Promise<Map<string, number>> {
  const newest = new Map(caps.map(cap => [cap.key, cap]))
  const free = await rows<{ key: string; free: number }>(
    trx,
    /* sql */ `insert into cap (key, "limit")
      select key, "limit" from json_to_recordset(:caps::json) as g (key text, "limit" integer) order by key
    on conflict (key) do update set "limit" = excluded."limit"
    returning key, "limit" - running as free`,
    { caps: JSON.stringify([...newest.values()]) }
  )
  return new Map(free.map(row => [row.key, row.free]))
}

/** Takes a place in each of the keys, if all have one free; `free` is kept up to date for the next. */
export function takePlaces(free: Map<string, number>, keys: readonly string[]): boolean {
  if (!keys.every(key => (free.get(key) ?? 0) > 0)) return false
  for (const key of keys) free.set(key, free.get(key)! - 1)
  return true
}

/** Counts what takePlaces took. */
export async function countPlaces(trx: Database, taken: readonly string[]): Promise<void> {
  if (taken.length === 0) return
  await rows(
    trx,
    /* sql */ `update cap c set running = running + g.n
    from (select key, count(*)::int as n from unnest(:taken::text[]) as key group by key) g where c.key = g.key`,
    { taken }
  )
}

/**
 * Runs what may end the root unit of an execution with its caps locked first; when the unit is gone afterwards, and was
 * counted, its places are free and the longest waiting get them. For a unit without caps it is just a transaction. It stands
 * once, though its connection may go during COMMIT; how long a PostgreSQL that is away is waited for says `retry`.
 */
export async function withCapsOf<T>(
  db: Database,
  root: { readonly executionId: number },
  work: (trx: Database) => Promise<T>,
  retry: RetryOptions = { awayMs: 0 }
): Promise<T> {
  return await transactionOnce(db, retry, async trx => {
    // The keys of a unit never change, so they may be read before the locks.
    const [unit] = await rows<{ unit_id: number; cap_keys: string[] }>(
      trx,
      `select unit_id, cap_keys from unit where execution_id = :executionId and kind = 'execution' and cap_keys <> '{}'`,
      root
    )
    if (unit === undefined) return await work(trx)
    await rows(trx, 'select from cap where key = any(:keys::text[]) order by key for update', {
      keys: unit.cap_keys
    })
    const [held] = await rows<{ holds_caps: boolean }>(
      trx,
      'select holds_caps from unit where unit_id = :unitId',
      { unitId: unit.unit_id }
    )
    const result = await work(trx)
    const left = await rows(trx, 'select from unit where unit_id = :unitId', { unitId: unit.unit_id })
    if (held?.holds_caps === true && left.length === 0) {
      await rows(trx, 'update cap set running = running - 1 where key = any(:keys::text[])', {
        keys: unit.cap_keys
      })
      await admitWithin(trx, unit.cap_keys)
    }
    return result
  })
}

/** Units that wait for a cap, all of whose keys are locked here, take the places that are free. */
async function admitWithin(trx: Database, keys: readonly string[]): Promise<number> {
  const caps = await rows<{ key: string; free: number }>(
    trx,
    'select key, "limit" - running as free from cap where key = any(:keys::text[])',
    { keys }
  )
  const free = new Map(caps.map(cap => [cap.key, cap.free]))
  const most = Math.max(0, ...free.values())
  if (most === 0) return 0
  const waiting = await rows<{ unit_id: number; cap_keys: string[] }>(
    trx,
    /* sql */ `select unit_id, cap_keys from unit
    where status = 'WAITING' and waits_for = 'cap' and cap_keys <@ :keys::text[]
    order by priority desc, ready_time, unit_id limit :most for update skip locked`,
    { keys, most }
  )
  const admitted = waiting.filter(unit => takePlaces(free, unit.cap_keys))
  if (admitted.length === 0) return 0
  await countPlaces(
    trx,
    admitted.flatMap(unit => unit.cap_keys)
  )
  await rows(
    trx,
    `update unit set status = 'READY', waits_for = null, holds_caps = true
    where unit_id = any(:unitIds::bigint[]) and status = 'WAITING'`,
    { unitIds: admitted.map(unit => unit.unit_id) }
  )
  return admitted.length
}

/** How many candidates one tick looks at. */
const CANDIDATES = 50

/**
 * The tick: units that wait for a cap and whose keys seem to have room are looked at one by one, each in a transaction that
 * locks its keys first. Says how many are READY now.
 */
export async function admitCapped(db: Database): Promise<number> {
  const candidates = await rows<{ cap_keys: string[] }>(
    db,
    /* sql */ `select distinct on (u.cap_keys) u.cap_keys from unit u
    where u.status = 'WAITING' and u.waits_for = 'cap' and not exists (
      select from cap c where c.key = any(u.cap_keys) and c.running >= c."limit")
    order by u.cap_keys limit :limit`,
    { limit: CANDIDATES }
  )
  let admitted = 0
  for (const { cap_keys: keys } of candidates)
    admitted += await db.transaction(async trx => {
      await rows(trx, 'select from cap where key = any(:keys::text[]) order by key for update', { keys })
      return await admitWithin(trx, keys)
    })
  return admitted
}
