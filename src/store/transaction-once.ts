// A transaction that stands once although its connection may go during COMMIT: without it a repeat would do again what had been
// committed, or hang on the locks of a session that does not know yet that it was cut off (ENGINE E5).
import { type Database, rows } from './database.ts'
import { type RetryOptions, retrying } from './retry.ts'

interface Doubt<T> {
  readonly xid: string
  readonly result: T
}

/**
 * Runs `work` in a transaction, again while its error is one that passes; a commit in doubt is looked up before. `work` only
 * writes through the transaction it is given. Inside another transaction it is a savepoint, and nothing is done again.
 */
export async function transactionOnce<T>(
  db: Database,
  options: RetryOptions,
  work: (trx: Database) => Promise<T>
): Promise<T> {
  if (db.isTransaction) return await db.transaction(work)
  let doubt: Doubt<T> | null = null
  return await retrying(options, async () => {
    if (doubt !== null && (await stands(db, doubt.xid))) return doubt.result
    doubt = null
    return await db.transaction(async trx => {
      const result = await work(trx)
      const [row] = await rows<{ xid: string | null }>(
        trx,
        'select pg_current_xact_id_if_assigned()::text as xid'
      )
      if (row!.xid !== null) doubt = { xid: row!.xid, result }
      return result
    })
  })
}

/** PostgreSQL remembers how a transaction ended, over a crash of its own too; a session still in it is ended first. */
async function stands(db: Database, xid: string): Promise<boolean> {
  await rows(
    db,
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where backend_xid = (:xid::xid8)::xid and pid <> pg_backend_pid()`,
    { xid }
  )
  const [row] = await rows<{ status: string | null }>(db, 'select pg_xact_status(:xid::xid8) as status', {
    xid
  })
  if (row?.status === 'in progress')
    // Its session did not end in time: as a connection failure it is looked at again.
    throw Object.assign(new Error(`transaction ${xid} is still in progress`), { code: '08006' })
  return row?.status === 'committed'
}
