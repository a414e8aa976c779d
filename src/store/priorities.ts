// Another priority for a job that waits: whoever claims next looks at it. What has begun keeps the one it began with, unless it gives
// way to work of a higher one (`batchyard.preemptible`): then it still decides.
import type { BatchStatus } from '../batch/batch-status.ts'
import { appendAudit } from './audit.ts'
import { type Database, rows } from './database.ts'
import { transactionOnce } from './transaction-once.ts'

/** How long a change waits for a PostgreSQL that is away. */
const AWAY_MS = 8000

export type PriorityVerdict =
  | { readonly kind: 'changed'; readonly instanceId: number }
  /** It has ended, or has begun and gives way to nobody. */
  | { readonly kind: 'notWaiting'; readonly batchStatus: BatchStatus }

/** Safe to repeat: the same priority again leaves no trace. Unknown executions are `notWaiting` too. */
export async function changePriority(
  db: Database,
  change: { readonly executionId: number; readonly priority: number; readonly by: string }
): Promise<PriorityVerdict> {
  const { executionId, priority, by } = change
  return await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    const [root] = await rows<{ unitId: number; instanceId: number; priority: number; waits: boolean }>(
      trx,
      /* sql */ `select unit_id as "unitId", instance_id as "instanceId", priority,
        status in ('WAITING', 'READY', 'CLAIMED') or status = 'STARTED' and preemptible as waits
      from unit where execution_id = :executionId and kind = 'execution' for update`,
      { executionId }
    )
    if (root?.waits !== true) return await notWaiting(trx, executionId)
    if (root.priority !== priority) {
      await rows(
        trx,
        /* sql */ `
        with below as (
          select unit_id from unit where root_id = :unitId and status <> 'STOPPING' order by unit_id for update
        )
        update unit u set priority = :priority from below where u.unit_id = below.unit_id`,
        { unitId: root.unitId, priority }
      )
      await rows(
        trx,
        /* sql */ `insert into event (kind, instance_id, body)
        select 'jobs/execution/priority', instance_id, to_jsonb(e) || jsonb_build_object('priority', :priority::integer)
        from job_execution e where execution_id = :executionId`,
        { executionId, priority }
      )
      await appendAudit(trx, [
        {
          who: by,
          what: 'execution.priority',
          target: `execution:${executionId}`,
          before: { priority: root.priority },
          after: { priority }
        }
      ])
    }
    return { kind: 'changed', instanceId: root.instanceId }
  })
}

async function notWaiting(trx: Database, executionId: number): Promise<PriorityVerdict> {
  const [execution] = await rows<{ batchStatus: BatchStatus }>(
    trx,
    'select batch_status as "batchStatus" from job_execution where execution_id = :executionId',
    { executionId }
  )
  return { kind: 'notWaiting', batchStatus: execution?.batchStatus ?? 'ABANDONED' }
}
