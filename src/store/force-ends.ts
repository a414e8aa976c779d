// The ends that an operator writes: a forced end of what will never end by itself, and an abandon of what nobody will restart.
import { type BatchStatus, FINAL_BATCH_STATUSES } from '../batch/batch-status.ts'
import { appendAudit } from './audit.ts'
import { withCapsOf } from './caps.ts'
import { type Database, rows } from './database.ts'
import { endSubtree } from './execution-ends.ts'
import { notify } from './notifications.ts'

/** How long they wait for a PostgreSQL that is away. */
const AWAY_MS = 8000

export interface ForcedEnd {
  readonly executionId: number
  readonly batchStatus: 'FAILED' | 'STOPPED'
  readonly reason: string
  readonly by: string
}

export type ForcedEndVerdict =
  | { readonly kind: 'ended' }
  /** It has ended: how, stands here. */
  | { readonly kind: 'notRunning'; readonly batchStatus: BatchStatus }

/**
 * Ends the execution and all below it, whoever holds them: their rows go, which fences like a higher epoch (ENGINE E8), so
 * nothing that an old thread does is stored any more. Unknown executions are `notRunning`: callers look them up before.
 */
export async function forceEndExecution(db: Database, end: ForcedEnd): Promise<ForcedEndVerdict> {
  const { executionId, batchStatus, reason, by } = end
  const work = async (trx: Database): Promise<ForcedEndVerdict> => {
    const before = await lockUnits(trx, executionId)
    if (before === null || isFinal(before.batchStatus))
      return { kind: 'notRunning', batchStatus: before?.batchStatus ?? 'ABANDONED' }
    await endAll(trx, { executionId, batchStatus, reason, by })
    await appendAudit(trx, [
      {
        who: by,
        what: 'execution.force-end',
        target: `execution:${executionId}`,
        reason,
        before: { batchStatus: before.batchStatus },
        after: { batchStatus }
      }
    ])
    return { kind: 'ended' }
  }
  return await withCapsOf(db, end, work, { awayMs: AWAY_MS })
}

export interface Abandon {
  readonly executionId: number
  readonly reason: string | null
  readonly by: string
}

export type AbandonVerdict =
  /** `stopped`: it was STOPPING, and its threads must be ended. */
  | { readonly kind: 'abandoned'; readonly stopped: boolean }
  | { readonly kind: 'running'; readonly executionId: number; readonly batchStatus: BatchStatus }
  | { readonly kind: 'purging'; readonly instanceId: number }

/**
 * JSR-352 §10.9.4 JobOperator.abandon. What is STOPPING is ended first, as STOPPED. The instance is ABANDONED with its newest
 * execution; an older one can be abandoned for itself while the newest does not run. Safe to repeat.
 */
export async function abandonExecution(db: Database, abandon: Abandon): Promise<AbandonVerdict> {
  const { executionId, by } = abandon
  const work = async (trx: Database): Promise<AbandonVerdict> => {
    const before = await lockUnits(trx, executionId)
    if (before === null) return { kind: 'running', executionId, batchStatus: 'STARTING' }
    const { instanceId, batchStatus } = before
    if (batchStatus === 'ABANDONED') return { kind: 'abandoned', stopped: false }
    if (batchStatus === 'STARTING' || batchStatus === 'STARTED')
      return { kind: 'running', executionId, batchStatus }
    const stopped = batchStatus === 'STOPPING'
    if (stopped)
      await endAll(trx, {
        executionId,
        by,
        batchStatus: 'STOPPED',
        reason: abandon.reason ?? `abandoned by ${by} before it had stopped`
      })
    // E1: the execution (another abandon may have been first), then the instance, as a restart locks it.
    const now = await readExecution(trx, executionId, 'for update')
    if (now?.batchStatus === 'ABANDONED') return { kind: 'abandoned', stopped: false }
    const instance = await lockInstance(trx, instanceId)
    if (now === null || instance === null) return { kind: 'purging', instanceId }
    if (instance.purging) return { kind: 'purging', instanceId }
    const newest = instance.latestExecutionId === executionId
    if (!newest && !isFinal(instance.batchStatus))
      return { kind: 'running', executionId: instance.latestExecutionId, batchStatus: instance.batchStatus }
    await writeAbandoned(trx, abandon, newest ? instanceId : null)
    await appendAudit(trx, [
      {
        who: by,
        what: 'execution.abandon',
        target: `execution:${executionId}`,
        reason: abandon.reason,
        before: { batchStatus },
        after: { batchStatus: 'ABANDONED' }
      }
    ])
    return { kind: 'abandoned', stopped }
  }
  return await withCapsOf(db, abandon, work, { awayMs: AWAY_MS })
}

async function writeAbandoned(trx: Database, abandon: Abandon, instanceId: number | null): Promise<void> {
  await rows(
    trx,
    /* sql */ `update job_execution set batch_status = 'ABANDONED', last_updated_time = clock_timestamp(),
      reason = coalesce(:reason, reason)
    where execution_id = :executionId and batch_status in ('STOPPED', 'FAILED', 'COMPLETED')`,
    { ...abandon }
  )
  if (instanceId === null) return
  await rows(
    trx,
    /* sql */ `update job_instance set batch_status = 'ABANDONED', instance_state = 'ABANDONED',
      last_updated_time = clock_timestamp()
    where instance_id = :instanceId and batch_status in ('STOPPED', 'FAILED', 'COMPLETED')`,
    { instanceId }
  )
}

/** Rows of units, steps, execution and instance; who asked is on record, and servers that hold any are told. */
async function endAll(trx: Database, end: ForcedEnd): Promise<void> {
  await endSubtree(trx, { ...end, crashed: false })
  await rows(
    trx,
    /* sql */ `update job_execution set stop_requested_by = coalesce(stop_requested_by, :by),
      stop_requested_at = coalesce(stop_requested_at, clock_timestamp())
    where execution_id = :executionId`,
    { ...end }
  )
  await notify(trx, { kind: 'ended', executionId: end.executionId })
}

/** Its units by id are locked: nobody but the owner of this lock ends it now. */
async function lockUnits(trx: Database, executionId: number) {
  await rows(trx, 'select unit_id from unit where execution_id = :executionId order by unit_id for update', {
    executionId
  })
  return await readExecution(trx, executionId)
}

async function readExecution(trx: Database, executionId: number, lock: '' | 'for update' = '') {
  const [execution] = await rows<{ instanceId: number; batchStatus: BatchStatus }>(
    trx,
    /* sql */ `select instance_id as "instanceId", batch_status as "batchStatus" from job_execution
    where execution_id = :executionId ${lock}`,
    { executionId }
  )
  return execution ?? null
}

async function lockInstance(trx: Database, instanceId: number) {
  const [instance] = await rows<{ latestExecutionId: number; batchStatus: BatchStatus; purging: boolean }>(
    trx,
    /* sql */ `select latest_execution_id as "latestExecutionId", batch_status as "batchStatus",
      purge_incarnation is not null as purging
    from job_instance where instance_id = :instanceId for update`,
    { instanceId }
  )
  return instance ?? null
}

function isFinal(batchStatus: BatchStatus): boolean {
  return (FINAL_BATCH_STATUSES as readonly BatchStatus[]).includes(batchStatus)
}
