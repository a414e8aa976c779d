// What a restart would go on with: of each step its latest attempt, with its checkpoint and the partitions that are gone on with.
import type { BatchStatus } from '../batch/batch-status.ts'
import { type Database, rows } from './database.ts'
import { LATEST_PARTITIONED } from './step-starts.ts'
import { fromBytes } from './structured.ts'

export interface StoredCheckpoint {
  readonly chunkNumber: number
  readonly readerCheckpoint: unknown
  readonly writerCheckpoint: unknown
}

export interface StepLeft {
  readonly stepName: string
  /** `null`: neither reader nor writer has any. */
  readonly checkpoint: StoredCheckpoint | null
  readonly partitions: readonly {
    readonly partitionNumber: number
    readonly batchStatus: BatchStatus
    readonly exitStatus: string | null
    readonly planProperties: Readonly<Record<string, string>>
    readonly checkpoint: StoredCheckpoint | null
  }[]
}

interface CheckpointJson {
  chunkNumber: number
  /** Base64. */
  reader: string | null
  writer: string | null
}

interface Row {
  stepName: string
  checkpoint: CheckpointJson
  partitions: (Omit<StepLeft['partitions'][number], 'checkpoint'> & { checkpoint: CheckpointJson })[] | null
}

const checkpointJson = (of: string) => /* sql */ `json_build_object('chunkNumber', ${of}.chunk_number,
  'reader', encode(${of}.reader_checkpoint, 'base64'), 'writer', encode(${of}.writer_checkpoint, 'base64'))`

export async function listStepsLeft(db: Database, instanceId: number): Promise<StepLeft[]> {
  const found = await rows<Row>(
    db,
    /* sql */ `
    select s.step_name as "stepName", ${checkpointJson('s')} as checkpoint,
      (select json_agg(json_build_object('partitionNumber', p.partition_number, 'batchStatus', p.batch_status,
          'exitStatus', p.exit_status, 'planProperties', p.plan_properties, 'checkpoint', ${checkpointJson('p')})
          order by p.partition_number)
        from partition p where p.step_execution_id = ${LATEST_PARTITIONED}) as partitions
    from (
      select distinct on (step_name) * from step_execution where instance_id = :instanceId
      order by step_name, step_execution_id desc
    ) s`,
    { instanceId }
  )
  return found.map(({ stepName, checkpoint, partitions }) => ({
    stepName,
    checkpoint: checkpointOf(checkpoint),
    partitions: (partitions ?? []).map(partition => ({
      ...partition,
      checkpoint: checkpointOf(partition.checkpoint)
    }))
  }))
}

function checkpointOf({ chunkNumber, reader, writer }: CheckpointJson): StoredCheckpoint | null {
  if (reader === null && writer === null) return null
  const value = (base64: string | null) => fromBytes(base64 === null ? null : Buffer.from(base64, 'base64'))
  return { chunkNumber, readerCheckpoint: value(reader), writerCheckpoint: value(writer) }
}
