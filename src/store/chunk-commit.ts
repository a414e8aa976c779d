// The one statement of a chunk's commit: claim and sequence number checked, checkpoint and counters stored (ENGINE E9), and
// told as an event where somebody listens (E17).
// Names are qualified: job code's session has a search path of its own.
import { METRICS } from '../batch/metrics.ts'
import { SCHEMA } from './database.ts'

const SETTINGS = METRICS.map((name, at) => `${name.toLowerCase()} = $${at + 10}`).join(', ')

function commitSql(row: 'step_execution' | 'partition', more = ''): string {
  const which =
    row === 'partition'
      ? 'step_execution_id = $4 and partition_number = $5'
      : 'step_execution_id = $4 and $5::integer is null'
  return /* sql */ `
  with mine as (
    update ${SCHEMA}.unit set seq = seq + 1
    where unit_id = $1 and epoch = $2 and seq = $3 and status in ('STARTED', 'STOPPING') returning status
  ), kept as (
    update ${SCHEMA}.${row} set reader_checkpoint = $6, writer_checkpoint = $7, persistent_user_data = $8,
      chunk_number = $9, last_updated_time = clock_timestamp(), ${SETTINGS}
    where ${which} and exists (select from mine)
    returning step_execution_id
  ), told as (
    insert into ${SCHEMA}.event (kind, instance_id, body)
    select 'jobs/execution/step/checkpoint', s.instance_id, jsonb_build_object('step_name', s.step_name,
      'execution_id', s.execution_id, 'step_execution_id', s.step_execution_id, 'partition_number', $5::integer)
    from kept join ${SCHEMA}.step_execution s using (step_execution_id)
    where exists (select from ${SCHEMA}.event_demand where wanted_until > clock_timestamp())
  )${more}
  select status from mine`
}

const COLLECTED = /* sql */ `, collected as (
    insert into ${SCHEMA}.collected_data (step_execution_id, partition_number, data)
    select step_execution_id, $5, $${METRICS.length + 10} from kept
  )`

/** Values: unit id, epoch, seq, step execution id, partition number or null, the three blobs, chunk number, the counters;
 * `collecting`: what the partition's collector gave, for an analyzer on another server. */
export const CHUNK_COMMIT = {
  step: commitSql('step_execution'),
  partition: commitSql('partition'),
  collecting: commitSql('partition', COLLECTED)
}

/** For a transaction without a checkpoint (open, close): unit id, epoch, seq. */
export const SEQUENCE_ONLY = `update ${SCHEMA}.unit set seq = seq + 1
  where unit_id = $1 and epoch = $2 and seq = $3 and status in ('STARTED', 'STOPPING') returning status`
