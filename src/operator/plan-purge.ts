// Plans a purge of many: what it would take is told, with what that holds, before anything is done.
import fs from 'node:fs/promises'
import path from 'node:path'
import { BatchError } from '../batch/batch-error.ts'
import {
  countPlannedLogs,
  findPurgePlan,
  insertPurgePlan,
  plannedLogs,
  type PurgeReach,
  setPlanBytes,
  type StoredPurgePlan
} from '../store/purge-plans.ts'
import { readsAll, requireRole, writesAll, writeReachOf } from './authorization.ts'
import type { Caller } from './caller.ts'
import type { OperatorOptions } from './operator-options.ts'
import type { PlanRequest } from './purge-result.ts'
import { scopeOf } from './search.ts'

/** Log files that are looked at; where there are more, an even share of them stands for all. */
const MOST_FILES = 20_000
/** At one time. */
const AT_ONCE = 64

/** Only what the caller may purge is in it. */
export async function planPurge(
  options: OperatorOptions,
  { selection, filter, jobStoreOnly }: PlanRequest,
  caller: Caller
): Promise<StoredPurgePlan> {
  if (options.stopping()) throw new BatchError('ServerStopping')
  const { db, longDb } = options
  const reach: PurgeReach | null = writesAll(caller) ? null : writeReachOf(caller)
  const { secrets } = scopeOf(caller, options)
  const plan = { selection, secrets, reach, filter, jobStoreOnly, by: caller.user }
  const planId = await insertPurgePlan(longDb, plan)
  if (!jobStoreOnly) await setPlanBytes(db, planId, await bytesOf(options, planId))
  return (await findPurgePlan(db, planId))!
}

/** For whoever made it, and those who see everything. */
export async function purgePlanOf(
  { db }: Pick<OperatorOptions, 'db'>,
  planId: number,
  caller: Caller
): Promise<StoredPurgePlan> {
  const plan = await findPurgePlan(db, planId)
  if (plan === null) throw new BatchError('NoSuchPurgePlan', [planId])
  if (plan.createdBy !== caller.user && !readsAll(caller)) requireRole(caller, 'batchAdmin', 'batchMonitor')
  return plan
}

/** Of the files that are to be seen from here. */
async function bytesOf({ longDb, jobLogRoot }: OperatorOptions, planId: number): Promise<number> {
  const every = Math.max(1, Math.ceil((await countPlannedLogs(longDb, planId)) / MOST_FILES))
  const files = await plannedLogs(longDb, planId, every)
  let bytes = 0
  for (let at = 0; at < files.length; at += AT_ONCE) {
    const sizes = await Promise.all(
      files.slice(at, at + AT_ONCE).map(file => sizeOf(path.join(jobLogRoot, file)))
    )
    bytes += sizes.reduce((sum, size) => sum + size, 0)
  }
  return bytes * every
}

async function sizeOf(file: string): Promise<number> {
  try {
    const found = await fs.lstat(file)
    return found.isFile() ? found.size : 0
  } catch {
    // With another server, or deleted.
    return 0
  }
}
