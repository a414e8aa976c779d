// What a partition begins with, or goes on with: its plan and what its last checkpoint stored.
import { type Metrics } from '../batch/metrics.ts'
import { metricsJson, metricsOf } from './counters.ts'
import { type Database, rows } from './database.ts'
import { fromBytes } from './structured.ts'

/** What a partition's thread goes on with. */
export interface PartitionState {
  readonly stepName: string
  /** It was begun before: an interruption came, or it gave way. */
  readonly began: boolean
  readonly planProperties: Readonly<Record<string, string>>
  readonly persistentUserData: unknown
  readonly readerCheckpoint: unknown
  readonly writerCheckpoint: unknown
  readonly chunkNumber: number
  readonly metrics: Metrics
}

export async function findPartitionState(
  db: Database,
  stepExecutionId: number,
  partitionNumber: number
): Promise<PartitionState | null> {
  const [row] = await rows<{
    step_name: string
    began: boolean
    plan_properties: Record<string, string>
    persistent_user_data: Buffer | null
    reader_checkpoint: Buffer | null
    writer_checkpoint: Buffer | null
    chunk_number: number
    metrics: Record<string, number>
  }>(
    db,
    /* sql */ `select s.step_name, p.start_time is not null as began, p.plan_properties, p.persistent_user_data, p.reader_checkpoint, p.writer_checkpoint,
      p.chunk_number, ${metricsJson('p', 'one')} as metrics
    from partition p join step_execution s using (step_execution_id)
    where p.step_execution_id = :stepExecutionId and p.partition_number = :partitionNumber`,
    { stepExecutionId, partitionNumber }
  )
  if (row === undefined) return null
  return {
    stepName: row.step_name,
    began: row.began,
    planProperties: row.plan_properties,
    persistentUserData: fromBytes(row.persistent_user_data),
    readerCheckpoint: fromBytes(row.reader_checkpoint),
    writerCheckpoint: fromBytes(row.writer_checkpoint),
    chunkNumber: row.chunk_number,
    metrics: metricsOf(row.metrics)
  }
}
