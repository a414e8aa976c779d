// What the batches of a pipeline are shown with: where each stands, and of each of its steps how far it has come (document 003).
import type { BatchStatus } from '../batch/batch-status.ts'
import { type Database, rows } from './database.ts'

export interface BatchStepRow {
  readonly instanceId: number
  readonly stepName: string
  /** Of its newest execution. */
  readonly batchStatus: BatchStatus
  /** That one is of the instance's latest execution. */
  readonly ofLatest: boolean
  /** It has committed a chunk, or has partitions that have. */
  readonly readsItems: boolean
  /** Partition (0 where the step has none) → items read as last committed, over all attempts since it was last COMPLETED. */
  readonly itemsRead: Readonly<Record<string, number>>
}

/** Of these instances: those whose latest execution waits for its delivery delay to be over. */
export async function findDelayed(db: Database, instanceIds: readonly number[]): Promise<Set<number>> {
  const found = await rows<{ instance_id: number }>(
    db,
    /* sql */ `select u.instance_id from job_instance i join unit u on u.execution_id = i.latest_execution_id
    where i.instance_id = any(:instanceIds::bigint[]) and u.kind = 'execution' and u.waits_for = 'delay'`,
    { instanceIds }
  )
  return new Set(found.map(row => row.instance_id))
}

/** Of these instances, each step that has begun once; one statement however many there are. */
export async function listBatchSteps(db: Database, instanceIds: readonly number[]): Promise<BatchStepRow[]> {
  return await rows<BatchStepRow>(
    db,
    /* sql */ `
    select i.instance_id as "instanceId", s.step_name as "stepName", s.batch_status as "batchStatus",
      s.execution_id = i.latest_execution_id as "ofLatest", coalesce(o.commits > 0, false) as "readsItems",
      coalesce(o.items_read, '{}') as "itemsRead"
    from job_instance i
      join lateral (
        select distinct on (e.step_name) * from step_execution e where e.instance_id = i.instance_id
        order by e.step_name, e.step_execution_id desc
      ) s on true
      left join lateral (
        -- A plan that overrides an earlier one begins anew, though what that one had read still counts.
        select json_object_agg(n.number, n.items) as items_read, sum(n.commits) as commits from (
          select coalesce(p.partition_number, 0) as number,
            sum(case when a.partitioned then coalesce(p.read_count, 0) else a.read_count end) as items,
            sum(case when a.partitioned then coalesce(p.commit_count, 0) else a.commit_count end) as commits
          from step_execution a
            left join partition p on a.partitioned and p.step_execution_id = a.step_execution_id and not p.carried_over
          where a.instance_id = i.instance_id and a.step_name = s.step_name and a.step_execution_id > coalesce((
            select max(c.step_execution_id) from step_execution c where c.instance_id = i.instance_id
              and c.step_name = s.step_name and c.batch_status = 'COMPLETED'
              and c.step_execution_id < s.step_execution_id), 0)
          group by 1
        ) n
      ) o on true
    where i.instance_id = any(:instanceIds::bigint[])`,
    { instanceIds }
  )
}
