// The audit as it is looked through: newest first, a page at a time.
import type { AuditEntry } from './audit.ts'
import { type Database, rows } from './database.ts'

/** Texts know `*`; `null` = whatever. */
export interface AuditSearch {
  readonly who: string | null
  readonly what: string | null
  readonly target: string | null
  /** Both included, to the millisecond that is shown. */
  readonly from: Date | null
  readonly to: Date | null
  /** The `auditId` of the last entry of the page before. */
  readonly before: number | null
  readonly limit: number
}

export interface StoredAuditEntry extends Required<Omit<AuditEntry, 'what'>> {
  readonly auditId: number
  /** Text: an older version may have had verbs that this one does not know. */
  readonly what: string
  /** Its number in the chain; `null` until it is chained, about a second later. */
  readonly number: number | null
  /** SHA-256 as hex. */
  readonly hash: string | null
  readonly time: Date
}

const COLUMNS = /* sql */ `audit_id as "auditId", chain_number as number, encode(hash, 'hex') as hash, create_time as time,
  who, what, target, reason, before, after`

/** `by`: only what this user did, whatever is searched for; `null` = everybody. */
export async function listAuditEntries(
  db: Database,
  search: AuditSearch,
  by: string | null = null
): Promise<StoredAuditEntry[]> {
  const conditions = [
    by === null ? '' : 'who = :by',
    textCondition('who', search.who),
    textCondition('what', search.what),
    textCondition('target', search.target),
    search.from === null ? '' : 'create_time >= :from::timestamptz',
    search.to === null ? '' : `create_time < :to::timestamptz + interval '1 millisecond'`,
    search.before === null ? '' : 'audit_id < :before'
  ]
  const where = conditions.filter(condition => condition !== '').map(condition => ` and ${condition}`)
  const branch = (which: string) => /* sql */ `(select ${COLUMNS} from audit
    where chain_number is ${which}${where.join('')} order by audit_id desc limit :limit)`
  // The indexes for searches are of chained rows only.
  return await rows<StoredAuditEntry>(
    db,
    `${branch('null')} union all ${branch('not null')} order by "auditId" desc limit :limit`,
    {
      by,
      limit: search.limit,
      before: search.before,
      from: search.from?.toISOString(),
      to: search.to?.toISOString(),
      who: likeOf(search.who),
      what: likeOf(search.what),
      target: likeOf(search.target)
    }
  )
}

function textCondition(column: 'who' | 'what' | 'target', text: string | null): string {
  if (text === null) return ''
  return text.includes('*') ? `${column} like :${column}` : `${column} = :${column}`
}

/** `*` is the only wildcard: what LIKE has beside it is escaped. */
function likeOf(text: string | null): string | null {
  return text !== null && text.includes('*')
    ? text.replaceAll(/[\\%_]/g, '\\$&').replaceAll(/\*+/g, '%')
    : text
}
