// Idempotency keys of submits (ENGINE E15): unique by submitter and key, kept 7 days and after a purge.
import { type Database, rows } from './database.ts'

/** Days a key is remembered. */
const KEPT_DAYS = 7

export interface IdempotencyKey {
  readonly key: string
  /** SHA-256 over what was submitted, as hex. */
  readonly fingerprint: string
}

export type KeyVerdict =
  /** It is the first: submit. */
  | { readonly kind: 'won' }
  /** The same was submitted before, as this instance. */
  | { readonly kind: 'known'; readonly instanceId: number }
  /** Something else was submitted with this key. */
  | { readonly kind: 'conflict'; readonly instanceId: number }

export interface KeyClaim extends IdempotencyKey {
  readonly submitter: string
  readonly instanceId: number
}

/** In the transaction of the submits, before their rows and in key order (E1); verdicts in the order given. */
export async function claimKeys(trx: Database, claims: readonly KeyClaim[]): Promise<KeyVerdict[]> {
  if (claims.length === 0) return []
  const ordered = claims.toSorted((a, b) => compare(a.submitter, b.submitter) || compare(a.key, b.key))
  await rows(
    trx,
    /* sql */ `insert into idempotency_key (submitter, key, fingerprint, instance_id)
    select submitter, key, decode(fingerprint, 'hex'), "instanceId"
    from json_to_recordset(:claims::json) as c (ordinal integer, submitter text, key text, fingerprint text, "instanceId" bigint)
    order by ordinal on conflict do nothing`,
    { claims: JSON.stringify(ordered.map((claim, ordinal) => ({ ordinal, ...claim }))) }
  )
  const held = await rows<{ submitter: string; key: string; fingerprint: string; instance_id: number }>(
    trx,
    /* sql */ `select k.submitter, k.key, encode(k.fingerprint, 'hex') as fingerprint, k.instance_id
    from idempotency_key k join json_to_recordset(:claims::json) as c (submitter text, key text) using (submitter, key)`,
    { claims: JSON.stringify(ordered) }
  )
  const byKey = new Map(held.map(row => [JSON.stringify([row.submitter, row.key]), row]))
  return claims.map(claim => {
    const row = byKey.get(JSON.stringify([claim.submitter, claim.key]))!
    if (row.instance_id === claim.instanceId) return { kind: 'won' }
    return {
      kind: row.fingerprint === claim.fingerprint ? 'known' : 'conflict',
      instanceId: row.instance_id
    }
  })
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Housekeeping; says how many went. */
export async function forgetOldKeys(db: Database): Promise<number> {
  const gone = await rows(
    db,
    /* sql */ `delete from idempotency_key where create_time < clock_timestamp() - :days * interval '1 day' returning 1`,
    { days: KEPT_DAYS }
  )
  return gone.length
}
