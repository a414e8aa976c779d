// What partition collectors gave on other servers than their step's, from the commit it stands with until the analyzer has it.
import { type Database, rows } from './database.ts'
import { retrying } from './retry.ts'
import type { Claim } from './step-starts.ts'
import { fromBytes, toBytes } from './structured.ts'

/** How much the parent takes in at one time. */
const AT_ONE_TIME = 32

export interface CollectedData {
  readonly collectedId: number
  readonly partitionNumber: number
  readonly data: unknown
}

/** What goes with the rest of a step. In a statement that has `:executionId`. */
export const DROP_COLLECTED = /* sql */ `collected as (
  delete from collected_data d using step_execution s
  where s.execution_id = :executionId and s.partitioned and d.step_execution_id = s.step_execution_id
)`

/**
 * Data given at the end of a partition: handed on once that end stands. One that is interrupted before gives it again, and
 * the last one counts. `false`: the claim is not ours any more.
 */
export async function insertFinalData(
  db: Database,
  claim: Claim,
  partition: { readonly stepExecutionId: number; readonly partitionNumber: number },
  data: unknown
): Promise<boolean> {
  const inserted = await retrying({ awayMs: Infinity }, () =>
    rows(
      db,
      /* sql */ `
      with mine as (
        select unit_id from unit where unit_id = :unitId and epoch = :epoch and status in ('STARTED', 'STOPPING') for update
      ), before as (
        delete from collected_data where step_execution_id = :stepExecutionId
          and partition_number = :partitionNumber and final and exists (select from mine)
      )
      insert into collected_data (step_execution_id, partition_number, final, data)
      select :stepExecutionId, :partitionNumber, true, :data from mine returning collected_id`,
      { ...claim, ...partition, data: toBytes(data) }
    )
  )
  return inserted.length === 1
}

/**
 * The next of a step's data but for those `handled` before, of each partition in the order it was given; none = all are
 * handled. What is handled is deleted, as long as `parent` is the claim of who handles it: if it goes, the next one is given
 * the rest.
 */
export async function nextCollected(
  db: Database,
  parent: Claim,
  stepExecutionId: number,
  handled: readonly number[]
): Promise<CollectedData[]> {
  if (handled.length > 0)
    await rows(
      db,
      /* sql */ `delete from collected_data where collected_id = any(:handled::bigint[])
        and exists (select from unit where unit_id = :unitId and epoch = :epoch)`,
      { handled, ...parent }
    )
  const found = await rows<{ collected_id: number; partition_number: number; data: Buffer | null }>(
    db,
    /* sql */ `select d.collected_id, d.partition_number, d.data from collected_data d
    where d.step_execution_id = :stepExecutionId and d.collected_id <> all(:handled::bigint[])
      and (not d.final or exists (select from partition p where p.step_execution_id = d.step_execution_id
        and p.partition_number = d.partition_number and p.batch_status in ('STOPPED', 'FAILED', 'COMPLETED')))
    order by d.collected_id limit :limit`,
    { stepExecutionId, handled, limit: AT_ONE_TIME }
  )
  return found.map(row => ({
    collectedId: row.collected_id,
    partitionNumber: row.partition_number,
    data: fromBytes(row.data)
  }))
}
