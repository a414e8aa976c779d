// Threads for what waits with a higher priority (ENGINE E12): which of the executions that let themselves be interrupted give way.
import { tryLock } from './advisory-lock.ts'
import { type Claimable, claimable } from './claimable.ts'
import { type Database, rows } from './database.ts'
import { notify } from './notifications.ts'
import { transactionOnce } from './transaction-once.ts'

/** What the server that asks has at work of one execution that may be asked to yield. */
export interface PreemptibleWork {
  readonly executionId: number
  /** Units of it at work there: the threads that come free. */
  readonly threads: number
}

/** With the priority that it has now. */
type RankedWork = PreemptibleWork & { readonly priority: number }

/** What waits is left this long to servers that may have a free thread. */
const OTHERS_MS = 200

/** Whom was asked and has not yielded within this time is not waited for: another one is asked. */
const ASKED_MS = 5000

/**
 * Asks the least important of `work` to yield, as many as there are units waiting with a higher priority that this server could
 * run, less those asked before, here or elsewhere. Gives those asked now; `null`: another server is asking at this moment.
 */
export async function askToYield(
  db: Database,
  asking: Claimable & {
    readonly work: readonly PreemptibleWork[]
  }
): Promise<number[] | null> {
  return await transactionOnce(db, { awayMs: 0 }, async trx => {
    if (!(await tryLock(trx, 'preemption'))) return null
    const work = await ranked(trx, asking.work)
    if (work.length === 0) return []
    const waiting = await waitingPriorities(trx, {
      ...asking,
      above: Math.min(...work.map(({ priority }) => priority)),
      limit: work.reduce((sum, { threads }) => sum + threads, 0)
    })
    if (waiting.length === 0) return []
    const ids = thoseToYield(work, waiting.slice(await threadsAskedFor(trx)))
    if (ids.length === 0) return []
    const asked = await rows<{ execution_id: number }>(
      trx,
      /* sql */ `
      with meant as (
        select unit_id from unit where execution_id = any(:ids) and kind = 'execution' and status = 'STARTED'
          and yield_requested_at is null and not pause_requested order by unit_id for update
      )
      update unit u set yield_requested_at = clock_timestamp() from meant where u.unit_id = meant.unit_id
      returning u.execution_id`,
      { ids }
    )
    for (const { execution_id: executionId } of asked) await notify(trx, { kind: 'pause', executionId })
    return asked.map(row => row.execution_id)
  })
}

/** Who yields: the lowest priorities first, each only to something higher. `waiting`: highest first. */
export function thoseToYield(work: readonly RankedWork[], waiting: readonly number[]): number[] {
  const chosen: number[] = []
  let served = 0
  for (const { executionId, priority, threads } of work.toSorted((a, b) => a.priority - b.priority)) {
    if (served >= waiting.length || waiting[served]! <= priority) break
    chosen.push(executionId)
    served += threads
  }
  return chosen
}

/** Those that still run, each with its priority. */
async function ranked(trx: Database, work: readonly PreemptibleWork[]): Promise<RankedWork[]> {
  const found = await rows<{ executionId: number; priority: number }>(
    trx,
    /* sql */ `select execution_id as "executionId", priority from unit
    where execution_id = any(:ids) and kind = 'execution' and status = 'STARTED'`,
    { ids: work.map(({ executionId }) => executionId) }
  )
  const priorities = new Map(found.map(({ executionId, priority }) => [executionId, priority]))
  return work.flatMap(each => {
    const priority = priorities.get(each.executionId)
    return priority === undefined ? [] : [{ ...each, priority }]
  })
}

/** Of units that this server could claim, highest first. */
async function waitingPriorities(
  trx: Database,
  search: Claimable & {
    readonly above: number
    readonly limit: number
  }
): Promise<number[]> {
  const { condition, bindings } = claimable(search)
  const found = await rows<{ priority: number }>(
    trx,
    /* sql */ `
    select w.priority from (values (false), (true)) as k (root) cross join lateral (
      select u.priority from unit u
      where u.status = 'READY' and (u.kind = 'execution') = k.root and u.priority > :above
        and ${condition}
        and (u.only_incarnation is not null or u.ready_time < clock_timestamp() - :othersMs * interval '1 millisecond'
          or not exists (select from incarnation o where o.incarnation <> :incarnation and o.dead_at is null
            and o.expires > clock_timestamp() and u.application = any(o.applications)))
      order by u.priority desc limit :limit
    ) w order by w.priority desc limit :limit`,
    { ...bindings, above: search.above, limit: search.limit, othersMs: OTHERS_MS }
  )
  return found.map(row => row.priority)
}

/** Threads that come free soon, over all servers, or have come free and took nothing else yet: what yielded is claimed after it. */
async function threadsAskedFor(trx: Database): Promise<number> {
  const [row] = await rows<{ threads: number }>(
    trx,
    /* sql */ `select count(*)::int as threads from unit r join unit u on u.root_id = r.unit_id and (u.status = 'STARTED' or u.status = 'READY' and u.unit_id = r.unit_id)
    where r.yield_requested_at > clock_timestamp() - :askedMs * interval '1 millisecond'
      and not exists (select from unit c where c.parent_id = u.unit_id)`,
    { askedMs: ASKED_MS }
  )
  return row!.threads
}
