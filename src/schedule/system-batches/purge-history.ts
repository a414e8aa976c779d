// BATCH_DESTRUCT_HISTO: what ended long ago goes, in groups, each instance only if it is as it was and nobody holds it.
import type { Caller } from '../../operator/caller.ts'
import type { JobOperator } from '../../operator/job-operator.ts'
import type { Database } from '../../store/database.ts'
import { endedLongAgo, isUnderWay } from '../../store/system-batches.ts'
import { patiently } from './patiently.ts'

/** They share their transactions. */
const TOGETHER = 64

interface History {
  readonly db: Database
  readonly operator: JobOperator
  readonly caller: Caller
  readonly days: number
}

/** Says how many are gone. */
export async function purgeHistory(
  { db, operator, caller, days }: History,
  runId: number
): Promise<{ readonly purged: number; readonly stopped: boolean }> {
  let purged = 0
  for (let after = 0; ;) {
    const page = await patiently(() => endedLongAgo(db, { days, after, limit: TOGETHER }))
    if (page.length === 0) return { purged, stopped: false }
    if (!(await patiently(() => isUnderWay(db, runId)))) return { purged, stopped: true }
    const asOf = new Map(page.map(({ instanceId, lastUpdatedTime }) => [instanceId, lastUpdatedTime]))
    const became = await patiently(() =>
      operator.purgeAsPlanned({ asOf, jobStoreOnly: false, planId: null }, caller)
    )
    purged += [...became.values()].filter(({ kind }) => kind === 'purged').length
    after = page.at(-1)!.instanceId
  }
}
