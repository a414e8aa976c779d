// Maintenance mode: one row that every submit, restart and firing looks at in a statement it makes anyway.
import { appendAudit } from './audit.ts'
import { type Database, rows } from './database.ts'
import { transactionOnce } from './transaction-once.ts'

/** How long a change waits for a PostgreSQL that is away. */
const AWAY_MS = 8000

export interface Maintenance {
  readonly on: boolean
  readonly reason: string | null
  readonly since: Date | null
  readonly revision: number
}

/** For other statements: whether it is on. */
export const IN_MAINTENANCE = '(select is_on from maintenance)'

const COLUMNS = 'is_on as "on", reason, since, revision'

export async function readMaintenance(db: Database): Promise<Maintenance> {
  const [row] = await rows<Maintenance>(db, `select ${COLUMNS} from maintenance`)
  return row!
}

/** `null`: it is no longer what the caller has seen (`expected`; `null` = any). Said again, it is since when it was. */
export async function setMaintenance(
  db: Database,
  change: {
    readonly on: boolean
    readonly reason: string | null
    readonly expected: readonly number[] | null
    readonly by: string
  }
): Promise<Maintenance | null> {
  const { on, reason, expected, by } = change
  return await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    const [before] = await rows<Maintenance>(trx, `select ${COLUMNS} from maintenance for update`)
    if (expected !== null && !expected.includes(before!.revision)) return null
    const [after] = await rows<Maintenance>(
      trx,
      /* sql */ `update maintenance set is_on = :on, reason = case when :on then :reason end,
        since = case when not :on then null when is_on then since else clock_timestamp() end, revision = revision + 1
      returning ${COLUMNS}`,
      { on, reason }
    )
    if (before!.on !== on || (on && before!.reason !== reason))
      await appendAudit(trx, [
        { who: by, what: on ? 'maintenance.on' : 'maintenance.off', target: 'maintenance:server', reason }
      ])
    return after!
  })
}
