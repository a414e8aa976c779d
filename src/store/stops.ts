// A stop, in every case of ENGINE E11: one guarded transaction decides whether it came before the end.
import type { BatchStatus } from '../batch/batch-status.ts'
import type { UnitStatus } from '../batch/unit-status.ts'
import { appendAudit } from './audit.ts'
import { withCapsOf } from './caps.ts'
import { DROP_COLLECTED } from './collected-data.ts'
import { type Database, rows } from './database.ts'
import { notify } from './notifications.ts'

/** How long a stop that worked is known as its caller's. */
const REPEAT_SECONDS = 60

/** How long a stop waits for a PostgreSQL that is away. */
const AWAY_MS = 8000

export type StopVerdict =
  /** The units are told; they end STOPPED. */
  | { readonly kind: 'stopping' }
  /** It had not begun, and never will. */
  | { readonly kind: 'stopped' }
  /** Stopped by a stop of this caller just now, which may not know: its answer was lost, or sent it on to another server. */
  | { readonly kind: 'stoppedBefore' }
  /** Final, and not by a stop of this caller just now. */
  | { readonly kind: 'notRunning'; readonly batchStatus: BatchStatus }

export interface Stop {
  readonly executionId: number
  readonly by: string
  /** Said where it never began. */
  readonly reason: string
  /** It is the server's own doing (it goes down), nobody's deed: no audit row. */
  readonly byServer?: boolean
}

interface UnitRow {
  unit_id: number
  instance_id: number
  kind: string
  parent_id: number | null
  status: UnitStatus
}

/** Unknown executions are `notRunning` too: callers look them up before. */
export async function stopExecution(db: Database, stop: Stop): Promise<StopVerdict> {
  const work = async (trx: Database): Promise<StopVerdict> => {
    // E1: units by id (a parent's id is below its children's), then steps and partitions, execution, instance.
    const units = await rows<UnitRow>(
      trx,
      `select unit_id, instance_id, kind, parent_id, status from unit where execution_id = :executionId order by unit_id for update`,
      { ...stop }
    )
    const root = units.find(unit => unit.kind === 'execution')
    if (root === undefined) return await alreadyEnded(trx, stop)
    if (root.status === 'STOPPING') return { kind: 'stopping' }
    if (root.status === 'STARTED') {
      await markStopping(trx, { ...stop, overdue: null })
      await notify(trx, { kind: 'stop', rootId: root.unit_id })
      await audit(trx, stop, root)
      return { kind: 'stopping' }
    }
    await cancel(trx, stop)
    await audit(trx, stop, root)
    return { kind: 'stopped' }
  }
  return await withCapsOf(db, stop, work, { awayMs: AWAY_MS })
}

/** Of the first that asks: the others change nothing. */
async function audit(trx: Database, { executionId, by, byServer }: Stop, root: UnitRow): Promise<void> {
  if (byServer === true) return
  const began = root.status === 'STARTED'
  await appendAudit(trx, [
    {
      who: by,
      what: 'instance.stop',
      target: `instance:${root.instance_id}`,
      before: { executionId, batchStatus: began ? 'STARTED' : 'STARTING' },
      after: { executionId, batchStatus: began ? 'STOPPING' : 'STOPPED' }
    }
  ])
}

async function alreadyEnded(
  trx: Database,
  stop: { readonly executionId: number; readonly by: string }
): Promise<StopVerdict> {
  const [execution] = await rows<{ batch_status: BatchStatus; just_stopped: boolean }>(
    trx,
    /* sql */ `select e.batch_status, e.batch_status = 'STOPPED' and e.stop_requested_by = :by
        and e.stop_requested_at > clock_timestamp() - :seconds * interval '1 second'
        and e.execution_id = i.latest_execution_id as just_stopped
    from job_execution e join job_instance i using (instance_id) where e.execution_id = :executionId`,
    { ...stop, seconds: REPEAT_SECONDS }
  )
  if (execution?.just_stopped === true) return { kind: 'stoppedBefore' }
  return { kind: 'notRunning', batchStatus: execution?.batch_status ?? 'ABANDONED' }
}

/**
 * STARTED units are STOPPING; children that have not begun end STOPPED here and now. `overdue`: the time limit that is the
 * reason, if one is.
 */
export async function markStopping(
  trx: Database,
  stop: { readonly executionId: number; readonly by: string; readonly overdue: string | null }
): Promise<void> {
  await rows(
    trx,
    /* sql */ `
    with asked as (
      update unit set status = 'STOPPING', stop_requested_by = :by, stop_requested_at = clock_timestamp(),
        overdue = :overdue
      where execution_id = :executionId and status = 'STARTED'
    ), cancelled as (
      delete from unit where execution_id = :executionId and status in ('WAITING', 'READY', 'CLAIMED') returning *
    ), partitions as (
      update partition p set last_updated_time = clock_timestamp(),
        batch_status = case when c.unit_id is null then 'STOPPING' else 'STOPPED' end,
        exit_status = case when c.unit_id is null then p.exit_status else 'STOPPED' end,
        end_time = case when c.unit_id is not null then clock_timestamp() end
      from partition q left join cancelled c
        on c.step_execution_id = q.step_execution_id and c.partition_number = q.partition_number
      where q.execution_id = :executionId and p.step_execution_id = q.step_execution_id
        and p.partition_number = q.partition_number
        and (p.batch_status = 'STARTED' or p.batch_status = 'STARTING' and c.unit_id is not null)
    ), flows as (
      update flow f set batch_status = case when c.unit_id is null then 'STOPPING' else 'STOPPED' end
      from flow g left join cancelled c on c.split = g.split and c.flow = g.flow
      where g.execution_id = :executionId and f.execution_id = g.execution_id and f.split = g.split and f.flow = g.flow
        and (f.batch_status = 'STARTED' or f.batch_status = 'STARTING' and c.unit_id is not null)
    )
    update step_execution set batch_status = 'STOPPING', last_updated_time = clock_timestamp()
    where execution_id = :executionId and batch_status = 'STARTED'`,
    stop
  )
  await rows(
    trx,
    /* sql */ `
    with execution as (
      update job_execution set batch_status = 'STOPPING', last_updated_time = clock_timestamp()
      where execution_id = :executionId and batch_status = 'STARTED' returning instance_id
    )
    update job_instance i set batch_status = 'STOPPING', last_updated_time = clock_timestamp()
    from execution e where i.instance_id = e.instance_id and i.batch_status = 'STARTED'`,
    stop
  )
}

/** Not begun (or paused): STOPPED at once. */
async function cancel(
  trx: Database,
  stop: { readonly executionId: number; readonly by: string; readonly reason: string }
): Promise<void> {
  await rows(
    trx,
    /* sql */ `
    with gone as (delete from unit where execution_id = :executionId),
    partitions as (
      update partition set batch_status = 'STOPPED', exit_status = 'STOPPED', end_time = clock_timestamp(),
        last_updated_time = clock_timestamp()
      where execution_id = :executionId and batch_status in ('STARTING', 'STARTED', 'STOPPING')
    ), ${DROP_COLLECTED}, flows as (
      update flow set batch_status = 'STOPPED'
      where execution_id = :executionId and batch_status in ('STARTING', 'STARTED', 'STOPPING')
    )
    update step_execution set batch_status = 'STOPPED', exit_status = coalesce(exit_status, 'STOPPED'),
      end_time = clock_timestamp(), last_updated_time = clock_timestamp()
    where execution_id = :executionId and batch_status in ('STARTING', 'STARTED', 'STOPPING')`,
    stop
  )
  await rows(
    trx,
    /* sql */ `
    with execution as (
      update job_execution set batch_status = 'STOPPED', exit_status = 'STOPPED', end_time = clock_timestamp(),
        last_updated_time = clock_timestamp(), reason = :reason, stop_requested_by = :by,
        stop_requested_at = clock_timestamp()
      where execution_id = :executionId and batch_status = 'STARTING' returning instance_id
    )
    update job_instance i set batch_status = 'STOPPED', instance_state = 'STOPPED', exit_status = 'STOPPED',
      last_updated_time = clock_timestamp()
    from execution e where i.instance_id = e.instance_id
      and i.instance_state in ('SUBMITTED', 'JMS_QUEUED', 'JMS_CONSUMED', 'DISPATCHED')`,
    stop
  )
}
