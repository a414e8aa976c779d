// Who did what, in rows that cannot be changed unnoticed (ENGINE E17): written with what they tell of, and chained afterwards by
// one writer, each hash over the hash before it, so that use cases never wait for one another.
import { createHash } from 'node:crypto'
import type { AuditVerb } from '../batch/audit-verb.ts'
import { tryLock } from './advisory-lock.ts'
import { type Database, rows } from './database.ts'

/** Rows that are chained in one transaction, and read at once to verify. */
const PAGE = 1000

type Facts = Readonly<Record<string, unknown>>

/** What one deed leaves. Secrets are masked before; `before` and `after` are what it changed, not all there is. */
export interface AuditEntry {
  readonly who: string
  readonly what: AuditVerb
  /** `noun:id`, e.g. `instance:12`. */
  readonly target: string
  readonly reason?: string | null
  readonly before?: Facts | null
  readonly after?: Facts | null
}

/** A place in the chain: whoever keeps one elsewhere can prove later that nothing before it was cut off. */
export interface ChainHead {
  readonly number: number
  /** SHA-256 as hex; 64 zeros before the first. */
  readonly hash: string
}

const BEGINNING: ChainHead = { number: 0, hash: '0'.repeat(64) }

/** In the transaction of what it tells of. */
export async function appendAudit(trx: Database, entries: readonly AuditEntry[]): Promise<void> {
  await rows(
    trx,
    /* sql */ `insert into audit (who, what, target, reason, before, after)
    select who, what, target, reason, before, after from json_to_recordset(:entries::json)
      as e (who text, what text, target text, reason text, before jsonb, after jsonb)`,
    { entries: JSON.stringify(entries) }
  )
}

interface AuditRow {
  readonly auditId: number
  /** What of a row its hash is over, in PostgreSQL's words: they do not depend on a session's settings. */
  readonly text: string
  readonly number: number | null
  readonly hash: string | null
}

const COLUMNS = /* sql */ `audit_id as "auditId", chain_number as "number", encode(hash, 'hex') as hash, json_build_array(
  audit_id, (extract(epoch from create_time) * 1000000)::bigint, who, what, target, reason, before, after)::text as text`

/** Gives committed rows number and hash, in the order of their ids; says how many. 0 while another server does it. */
export async function chainAudit(db: Database): Promise<number> {
  for (let chained = 0; ;) {
    const some = await db.transaction(chainPage)
    chained += some
    if (some < PAGE) return chained
  }
}

async function chainPage(trx: Database): Promise<number> {
  if (!(await tryLock(trx, 'audit'))) return 0
  const unchained = await rows<AuditRow>(
    trx,
    `select ${COLUMNS} from audit where chain_number is null order by audit_id limit ${PAGE} for update`
  )
  if (unchained.length === 0) return 0
  // Not the last row there is: what was cut off must stay missed.
  const before = await chainHead(trx)
  if (before === null) throw new Error('the audit has lost its head, so nothing can be chained to it')
  let head = before
  const links = unchained.map(({ auditId, text }) => {
    head = nextHead(head, text)
    return { auditId, ...head }
  })
  await rows(
    trx,
    /* sql */ `with link as (
      select * from json_to_recordset(:links::json) as l ("auditId" bigint, number bigint, hash text)
    ), head as (
      update audit_head set number = l.number, hash = decode(l.hash, 'hex') from link l where l.number = :end
    )
    update audit a set chain_number = l.number, hash = decode(l.hash, 'hex')
    from link l where a.audit_id = l."auditId" and a.chain_number is null`,
    { links: JSON.stringify(links), end: head.number }
  )
  return links.length
}

/** `null` = somebody has removed it. */
async function chainHead(db: Database): Promise<ChainHead | null> {
  const [head] = await rows<ChainHead>(db, `select number, encode(hash, 'hex') as hash from audit_head`)
  return head ?? null
}

function nextHead(before: ChainHead, text: string): ChainHead {
  const number = before.number + 1
  const hash = createHash('sha256').update(`${before.hash}\n${number}\n${text}`).digest('hex')
  return { number, hash }
}

export interface AuditVerdict {
  /** The first number of the chain whose row is not as it was chained, or not there; `null` = none. */
  readonly firstBad: number | null
  /** The last row that is as it was chained. */
  readonly head: ChainHead
  /** Committed rows that wait to be chained: of these a change would not be found. */
  readonly unchained: number
  /** `false`: the chain does not have the head that was noted earlier, so its end was cut off or all of it made anew. */
  readonly hasNoted: boolean
}

/** Reads the whole chain. `noted`: a head of an earlier verdict, kept where whoever changes this table cannot. */
export async function verifyAudit(db: Database, noted: ChainHead = BEGINNING): Promise<AuditVerdict> {
  // Before the rows: what is chained meanwhile comes behind it.
  const end = await chainHead(db)
  let head = BEGINNING
  let hasNoted = sameHead(noted, head)
  let hasEnd = end !== null && sameHead(end, head)
  let broken = false
  // From whatever stands before the first: no number is less than 1.
  for (let after = Number.MIN_SAFE_INTEGER; !broken; after = head.number) {
    const page = await rows<AuditRow & ChainHead>(
      db,
      `select ${COLUMNS} from audit where chain_number > :after order by chain_number limit ${PAGE}`,
      { after }
    )
    if (page.length === 0) break
    for (const row of page) {
      const next = nextHead(head, row.text)
      broken = !sameHead(next, row)
      if (broken) break
      head = next
      hasNoted ||= sameHead(noted, head)
      hasEnd ||= end !== null && sameHead(end, head)
    }
  }
  const [tail] = await rows<{ unchained: number }>(
    db,
    'select count(*)::int as unchained from audit where chain_number is null'
  )
  return { firstBad: broken || !hasEnd ? head.number + 1 : null, head, unchained: tail!.unchained, hasNoted }
}

function sameHead(one: ChainHead, other: ChainHead): boolean {
  return one.number === other.number && one.hash === other.hash
}
