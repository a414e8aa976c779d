// A pause and its end (ENGINE E12): what has not begun waits at once, what runs yields at its next checkpoint and waits then.
import type { BatchStatus } from '../batch/batch-status.ts'
import type { UnitStatus } from '../batch/unit-status.ts'
import { appendAudit } from './audit.ts'
import { type Database, rows } from './database.ts'
import { notify } from './notifications.ts'
import { transactionOnce } from './transaction-once.ts'

/** How long a pause, or its end, waits for a PostgreSQL that is away. */
const AWAY_MS = 8000

export type PauseVerdict =
  /** It runs, and gives way at its next checkpoint. */
  | { readonly kind: 'pausing' }
  /** It waits for the end of the pause. */
  | { readonly kind: 'paused' }
  /** It has ended, or a stop came first. */
  | { readonly kind: 'notRunning'; readonly batchStatus: BatchStatus }

interface RootRow {
  readonly unit_id: number
  readonly execution_id: number
  readonly status: UnitStatus
}

/** The places it holds in its caps stay its own (E13). Safe to repeat. Unknown executions are `notRunning` too. */
export async function pauseExecution(db: Database, executionId: number, by: string): Promise<PauseVerdict> {
  return await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    const root = await lockRoot(trx, executionId)
    if (root === null || root.status === 'STOPPING') return await notRunning(trx, executionId)
    if (root.status === 'STARTED') {
      const asked = await rows(
        trx,
        /* sql */ `update unit set pause_requested = true
        where unit_id = :unit_id and status = 'STARTED' and not pause_requested returning unit_id`,
        { ...root }
      )
      if (asked.length > 0) await audit(trx, 'execution.pause', root, by)
      await notify(trx, { kind: 'pause', executionId })
      return { kind: 'pausing' }
    }
    // A server that has claimed it and not begun loses it by the epoch.
    const waits = await rows(
      trx,
      /* sql */ `update unit set status = 'WAITING', waits_for = 'pause', incarnation = null,
        epoch = epoch + (status = 'CLAIMED')::integer
      where unit_id = :unit_id and status in ('WAITING', 'READY', 'CLAIMED') and waits_for is distinct from 'pause'
      returning unit_id`,
      { ...root }
    )
    if (waits.length > 0) await audit(trx, 'execution.pause', root, by)
    return { kind: 'paused' }
  })
}

export type UnpauseVerdict =
  | { readonly kind: 'unpaused' }
  /** It was not paused, or has ended. */
  | { readonly kind: 'notPaused'; readonly batchStatus: BatchStatus }

/** The same execution goes on; it waits for its delay or its caps first where it has not had them yet. */
export async function unpauseExecution(
  db: Database,
  executionId: number,
  by: string
): Promise<UnpauseVerdict> {
  return await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    const root = await lockRoot(trx, executionId)
    const moved =
      root === null
        ? []
        : await rows(
            trx,
            /* sql */ `
            with asked as (select unit_id, ready_time > clock_timestamp() as early,
                cap_keys <> '{}' and not holds_caps as uncounted
              from unit where unit_id = :unit_id)
            update unit u set pause_requested = false,
              status = case when u.status = 'STARTED' then 'STARTED' when a.early or a.uncounted then 'WAITING'
                else 'READY' end,
              waits_for = case when u.status = 'STARTED' then null when a.early then 'delay'
                when a.uncounted then 'cap' end
            from asked a where u.unit_id = a.unit_id
              and (u.status = 'WAITING' and u.waits_for = 'pause' or u.status = 'STARTED' and u.pause_requested)
            returning u.unit_id`,
            { ...root }
          )
    if (root !== null && moved.length > 0) {
      await audit(trx, 'execution.unpause', root, by)
      await notify(trx, { kind: 'ready' })
      return { kind: 'unpaused' }
    }
    return { kind: 'notPaused', batchStatus: (await notRunning(trx, executionId)).batchStatus }
  })
}

/** Only where it changed something: both are safe to repeat. */
async function audit(
  trx: Database,
  what: 'execution.pause' | 'execution.unpause',
  root: RootRow,
  by: string
): Promise<void> {
  await appendAudit(trx, [{ who: by, what, target: `execution:${root.execution_id}` }])
}

async function lockRoot(trx: Database, executionId: number): Promise<RootRow | null> {
  const [root] = await rows<RootRow>(
    trx,
    `select unit_id, execution_id, status from unit where execution_id = :executionId and kind = 'execution' for update`,
    { executionId }
  )
  return root ?? null
}

async function notRunning(trx: Database, executionId: number) {
  const [execution] = await rows<{ batchStatus: BatchStatus }>(
    trx,
    `select batch_status as "batchStatus" from job_execution where execution_id = :executionId`,
    { executionId }
  )
  return { kind: 'notRunning', batchStatus: execution?.batchStatus ?? 'ABANDONED' } as const
}
