// The table that jobs of the application `ledger` write to, counted by the test itself: no key keeps a row from being there twice.
import type { Database } from '../../src/store/database.ts'

export async function makeLedger(db: Database): Promise<void> {
  await db.raw('create schema ledger')
  await db.raw(
    'create table ledger.entry (instance_id bigint not null, partition_number integer, n integer not null)'
  )
}

export interface LedgerRows {
  readonly rows: number
  readonly distinct: number
  readonly highest: number
}

/** What stands in the table for the instance. */
export async function ledgerOf(db: Database, instanceId: number): Promise<LedgerRows> {
  const found = (await db.raw(
    `select count(*)::int as rows, count(distinct (partition_number, n))::int as distinct, coalesce(max(n), 0) as highest
    from ledger.entry where instance_id = ?`,
    [instanceId]
  )) as { rows: LedgerRows[] }
  return found.rows[0]!
}
