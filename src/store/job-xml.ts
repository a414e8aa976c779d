// The job definitions' text, stored once each: a million instances of one JSL hold it once.
import { createHash } from 'node:crypto'
import { type Clock, systemClock } from '../service/clock.ts'
import { LRUCache } from '../service/lru-cache.ts'
import { type Database, rows } from './database.ts'

const HOUR_MS = 3_600_000

/** For the one look at all instances. */
const REMOVAL_SECONDS = 60

export interface JobXMLStore {
  /** The id of this text, stored if it was not yet. */
  idOf(jsl: string): Promise<number>
  textOf(xmlId: number): Promise<string>
}

export function jobXMLs(db: Database, clock: Clock = systemClock): JobXMLStore {
  const ids = new LRUCache<string, { xmlId: number; until: number }>(500)
  const texts = new LRUCache<number, string>(100)
  return {
    async idOf(jsl) {
      const sha256 = createHash('sha256').update(jsl).digest()
      const key = sha256.toString('base64')
      const known = ids.get(key)
      if (known !== undefined && known.until > clock.now()) return known.xmlId
      const [row] = await rows<{ xml_id: number }>(
        db,
        /* sql */ `insert into job_xml (sha256, jsl) values (:sha256, :jsl)
          on conflict (sha256) do update set last_used = clock_timestamp() returning xml_id`,
        { sha256, jsl }
      )
      const xmlId = row!.xml_id
      ids.set(key, { xmlId, until: clock.now() + HOUR_MS })
      return xmlId
    },
    async textOf(xmlId) {
      const known = texts.get(xmlId)
      if (known !== undefined) return known
      const [row] = await rows<{ jsl: string }>(db, 'select jsl from job_xml where xml_id = :xmlId', {
        xmlId
      })
      if (row === undefined) throw new Error(`job definition ${xmlId} is gone`)
      texts.set(xmlId, row.jsl)
      return row.jsl
    }
  }
}

/**
 * Removes texts that nobody used for a day and no instance or live server names; says how many. It reads all instances once (an index for
 * this alone would cost each submit and end), so it is for a quiet rhythm.
 */
export async function removeUnusedJobXMLs(db: Database): Promise<number> {
  const old = /* sql */ `last_used < clock_timestamp() - interval '1 day'`
  if ((await rows(db, `select from job_xml where ${old} limit 1`)).length === 0) return 0
  const removed = await db.transaction(async trx => {
    await rows(trx, `set local statement_timeout = '${REMOVAL_SECONDS}s'`)
    return await rows(
      trx,
      /* sql */ `delete from job_xml x where ${old}
        and not exists (select from job_instance i where i.xml_id = x.xml_id)
        and not exists (select from published_job p where p.xml_id = x.xml_id) returning 1`,
      {},
      (REMOVAL_SECONDS + 10) * 1000
    )
  })
  return removed.length
}
