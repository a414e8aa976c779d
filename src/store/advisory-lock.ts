// Work that one server does at a time, whichever: a lock by number that PostgreSQL lets go with the transaction or session.
import { type Database, rows } from './database.ts'

/** Numbers of ours; the migration has another. */
export const ADVISORY_LOCKS = {
  housekeeping: 4_718_190_353,
  audit: 4_718_190_354,
  preemption: 4_718_190_356
} as const

/** Tries to take it until the transaction ends; `false` when another one has it. */
export async function tryLock(trx: Database, lock: keyof typeof ADVISORY_LOCKS): Promise<boolean> {
  const [row] = await rows<{ taken: boolean }>(trx, 'select pg_try_advisory_xact_lock(:lock) as taken', {
    lock: ADVISORY_LOCKS[lock]
  })
  return row!.taken
}

/** Runs `work`, which has connections of its own, unless another server is at it; `false` then. */
export async function alone(
  db: Database,
  lock: keyof typeof ADVISORY_LOCKS,
  work: () => Promise<void>
): Promise<boolean> {
  return await db.transaction(async trx => {
    if (!(await tryLock(trx, lock))) return false
    await work()
    return true
  })
}
